package file

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"

	"earshot/sources"
)

// Read returns up to n mentions, with the lines among them that were bad. At the end it returns what is left and io.EOF. The mentions
// are valid but not in normal form. Another error means that the file cannot be read on.
func (r *Reader) Read(ctx context.Context, n int) ([]sources.Mention, []sources.LineError, error) {
	var ms []sources.Mention
	var bad []sources.LineError
	for len(ms)+len(bad) < n {
		if err := ctx.Err(); err != nil {
			return ms, bad, err
		}
		line, rec, fault, err := r.records.next()
		r.tell(int64(line), err != nil)
		switch {
		case err == io.EOF:
			return ms, bad, io.EOF
		case err != nil:
			return ms, bad, fmt.Errorf("the file breaks off after line %d: %w", line, err)
		}
		if fault == nil {
			m, err := r.mention(rec)
			if err == nil {
				ms = append(ms, m)
				continue
			}
			fault = &sources.LineError{Line: line, Err: err.Error()}
		}
		bad = append(bad, *fault)
	}
	return ms, bad, nil
}

// tellEvery is how many lines pass between two calls of Progress.
const tellEvery = 256

func (r *Reader) tell(line int64, last bool) {
	if r.opts.Progress == nil || !last && line < r.told+tellEvery {
		return
	}
	r.told = line
	r.opts.Progress(r.count.n.Load(), line)
}

func (r *Reader) mention(rec record) (sources.Mention, error) {
	if len(r.opts.Map) == 0 && rec.json != nil {
		return r.own(rec)
	}
	return r.foreign(rec)
}

// own reads a line in Earshot's form. With a platform given, a line may leave out its platform, its time and the platform in its ID.
func (r *Reader) own(rec record) (sources.Mention, error) {
	m, err := sources.ParseMention(rec.json)
	if m.Source == "" {
		m.Source = r.opts.Source
	}
	if err == nil || r.opts.Platform == "" {
		return m, err
	}
	m = sources.Mention{}
	if json.Unmarshal(rec.json, &m) != nil {
		return m, err
	}
	m.Source = cmp.Or(m.Source, r.opts.Source)
	m.Platform = cmp.Or(m.Platform, r.opts.Platform)
	if m.CreatedAt.IsZero() && m.State != sources.Deleted {
		m.CreatedAt, m.CreatedPrecision = r.opts.Now, "unknown"
	}
	finishIDs(&m, rec)
	return m, m.Validate()
}
