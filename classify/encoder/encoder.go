package encoder

import (
	"context"
	"fmt"
	"sync"

	"earshot/classify/encoder/onnx"
	"earshot/internal/mapped"

	"golang.org/x/sync/errgroup"
)

// Encoder is a model ready to read texts. Safe for concurrent use.
type Encoder struct {
	manifest  Manifest
	runtime   *onnx.Runtime
	tokenizer *Tokenizer
	session   *onnx.Session
	threads   int
	slots     chan struct{} // one for each batch that may be in the model
	pool      sync.Pool     // of *batch

	closing sync.RWMutex // held for reading while the model is used
	closed  bool
}

// settings are the library's own settings that the model runs fastest with; measured by BenchmarkEncode.
var settings = map[string]string{
	// the fused kernel is written in plain loops; an addition and a normalisation by themselves are six times as fast
	"optimization.disable_specified_optimizers": "SkipLayerNormFusion",
	// weights are laid down once, outside the memory that runs reuse
	"session.use_device_allocator_for_initializers": "1",
}

// Open loads ONNX Runtime and the model, which is checked against its SHA-256. Errors: ErrNoRuntime, wrapped, where the library is
// missing or cannot be loaded; ErrModel, wrapped, where the model is damaged or none is inside the program.
func Open(cfg Config) (*Encoder, error) {
	if cfg.Library == "" {
		var ok bool
		if cfg.Library, ok = FindLibrary(); !ok {
			return nil, ErrNoRuntime // before the model is read, which would stay in memory for nothing
		}
	}
	files := Shipped()
	if cfg.Files != nil {
		files = *cfg.Files
	}
	if err := files.check(); err != nil {
		return nil, err
	}
	manifest, err := readManifest(files.Manifest)
	if err != nil {
		return nil, err
	}
	tokenizer, err := NewTokenizer(string(files.Vocabulary))
	if err != nil {
		return nil, err
	}
	rt, err := onnx.Load(cfg.Library)
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNoRuntime, err)
	}
	session, err := rt.NewSession(files.Model, []string{"input_ids", "attention_mask", "token_type_ids"}, []string{"tags", "pair", "embedding"},
		onnx.Options{Threads: 1, Settings: settings})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	if cfg.Files == nil { // the library has laid the weights down for itself
		if err := mapped.GiveBack(files.Model); err != nil {
			session.Close()
			return nil, err
		}
	}
	n := cfg.threads()
	e := &Encoder{manifest: manifest, runtime: rt, tokenizer: tokenizer, session: session, threads: n, slots: make(chan struct{}, n)}
	e.pool.New = func() any { return new(batch) }
	return e, nil
}

// Manifest says what the numbers of an Output are.
func (e *Encoder) Manifest() Manifest { return e.manifest }

// Runtime is the version of ONNX Runtime that the model runs in.
func (e *Encoder) Runtime() string { return e.runtime.Version() }

// Pieces are the pieces of p that the model sees when p is encoded alone, without [CLS] and [SEP].
func (e *Encoder) Pieces(p Passage) []Piece { return e.tokenizer.Append(nil, p, MaxPieces-2) }

// Encode returns one Output for each Input, in order; len(result) == len(inputs) or the error is non-nil. It works on up to
// Config.Threads batches at once and looks at ctx between batches. Errors: ctx's, ErrClosed, or the library's own, which no text should be able to cause.
func (e *Encoder) Encode(ctx context.Context, inputs []Input) ([]Output, error) {
	e.closing.RLock()
	defer e.closing.RUnlock()
	if e.closed {
		return nil, ErrClosed
	}
	out := make([]Output, len(inputs))
	rows := e.rows(inputs)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(e.threads)
	for len(rows) > 0 {
		n := together(rows, e.manifest.Batch)
		few := rows[:n]
		rows = rows[n:]
		group.Go(func() error { return e.encode(ctx, few, out) })
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("encode %d texts: %w", len(inputs), err)
	}
	return out, nil
}

// encode runs one batch in its turn.
func (e *Encoder) encode(ctx context.Context, rows []row, out []Output) error {
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	case <-ctx.Done():
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	b := e.pool.Get().(*batch)
	defer e.pool.Put(b)
	b.fill(rows, e.tokenizer.v)
	return b.run(e.session, &e.manifest, rows, out)
}

// Close waits for the texts being encoded and frees the model. A second Close does nothing.
func (e *Encoder) Close() error {
	e.closing.Lock()
	defer e.closing.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	e.session.Close()
	return nil
}
