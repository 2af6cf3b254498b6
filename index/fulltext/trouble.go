package fulltext

import (
	"errors"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
)

// retryPause is how long bleve waits before it tries a failed write again.
const retryPause = time.Second

// callbackName is how shards name our ear for what goes wrong in bleve's own goroutines.
const callbackName = "earshot"

// ears maps the path of an open shard to its trouble.
var ears sync.Map

func init() {
	scorch.RegistryAsyncErrorCallbacks[callbackName] = func(err error, path string) {
		if t, ok := ears.Load(path); ok {
			t.(*trouble).hear(err)
		}
	}
}

// trouble hears what goes wrong with one shard in the background. A failed write is tried again by bleve, at our pace; a panic means
// that the shard will never be on disk, which only a restart mends.
type trouble struct {
	path string
	errs chan error // the newest, when nobody has taken it
	stop chan struct{}
	note func(error)

	mu   sync.Mutex
	dead error
}

func listen(path string, note func(error)) *trouble {
	t := &trouble{path: path, errs: make(chan error, 1), stop: make(chan struct{}), note: note}
	ears.Store(path, t)
	return t
}

// hear runs in the goroutine that failed: waiting here is what keeps bleve from trying again at once, for ever.
func (t *trouble) hear(err error) {
	if errors.Is(err, scorch.ErrAsyncPanic) {
		t.mu.Lock()
		t.dead = err
		t.mu.Unlock()
	}
	t.forget()
	select {
	case t.errs <- err:
	default:
	}
	t.note(err)
	select {
	case <-time.After(retryPause):
	case <-t.stop:
	}
}

// forget drops an error that was heard before now.
func (t *trouble) forget() {
	select {
	case <-t.errs:
	default:
	}
}

// fatal returns the panic that a restart must mend, or nil.
func (t *trouble) fatal() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dead
}

func (t *trouble) close() {
	close(t.stop)
	ears.Delete(t.path)
}
