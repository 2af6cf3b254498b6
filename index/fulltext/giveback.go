package fulltext

import (
	"errors"

	"earshot/internal/mapped"
)

// GiveBack makes what is mapped from files not resident: attributes that were read to be written again, words that searches read. The next
// search maps what it needs of them anew. Safe beside everything else.
func (x *Index) GiveBack() error {
	x.running.RLock()
	defer x.running.RUnlock()
	v, err := x.acquire()
	if err != nil {
		return err
	}
	defer v.release()
	errs := []error{x.db.View(mapped.GiveBackBolt)}
	for _, s := range v.shards {
		errs = append(errs, s.text.giveBack())
	}
	return errors.Join(errs...)
}

// giveBack does it for the words of one shard; v keeps them mapped.
func (v *textView) giveBack() error {
	var errs []error
	for _, s := range v.segs {
		if m, ok := s.seg.(interface{ Data() []byte }); ok { // one that lies in a file; all others are on the heap
			errs = append(errs, mapped.GiveBack(m.Data()))
		}
	}
	return errors.Join(errs...)
}
