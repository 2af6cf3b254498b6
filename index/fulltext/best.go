package fulltext

import (
	"math"
	"slices"

	segment "github.com/blevesearch/scorch_segment_api/v2"

	"earshot/index"
)

// BM25 with the usual parameters. Frequencies of terms are those of all shards, so that a rare word counts the same in each.
const (
	bm25K = 1.2
	bm25B = 0.75
)

// scored is a hit with its score.
type scored struct {
	s   *shardView
	ord uint32
	at  cursor
}

// best adds the hits with the highest scores; equals newest first.
func (p *page) best() error {
	w, err := p.weigh(scoringTerms(&p.r.Query))
	if err != nil {
		return err
	}
	var top []scored
	for _, h := range p.hits {
		scores, err := w.scores(h)
		if err != nil {
			return err
		}
		eachBit(h.bits, func(ord uint32) bool {
			c, i := h.s.chunks[ord/chunkDocs], ord%chunkDocs
			// Rounded, so that a mention more or less somewhere does not shuffle pages.
			at := cursor{set: true, score: math.Round(scores[ord]*1e4) / 1e4, created: c.created[i], key: c.key[i]}
			if !p.cur.set || p.cur.compare(at, index.Best) < 0 {
				top = p.keep(append(top, scored{s: h.s, ord: ord, at: at}), 8*index.MaxLimit)
			}
			return true
		})
	}
	for _, h := range p.keep(top, 0) {
		if on, err := p.add(h.s, h.ord, h.at); err != nil || !on {
			return err
		}
	}
	return nil
}

// keep cuts all down to the best of a page, and a reserve for those that turn out to be gone, once it is longer than room.
func (p *page) keep(all []scored, room int) []scored {
	if len(all) <= room {
		return all
	}
	slices.SortFunc(all, func(a, b scored) int { return a.at.compare(b.at, index.Best) })
	return all[:min(len(all), 2*index.MaxLimit)]
}

// scoringTerms lists the terms that a match may be owed to. Prefixes count for nothing.
func scoringTerms(q *index.Query) []string {
	var out []string
	for i := range q.Clauses {
		c := &q.Clauses[i]
		switch {
		case c.Not, c.Field != "":
		case c.Or != nil:
			for j := range c.Or {
				out = append(out, scoringTerms(&c.Or[j])...)
			}
		default:
			p := c.Pattern()
			out = append(out, p.Terms()...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// weights are the inverse frequencies of terms and the mean length of what a viewer may search.
type weights struct {
	e      *eval
	terms  []string
	idf    []float64
	length float64
}

// weigh counts how many mentions of all shards hold each term.
func (p *page) weigh(terms []string) (*weights, error) {
	w := &weights{e: &eval{x: p.x, viewer: p.r.Viewer}, terms: terms, idf: make([]float64, len(terms))}
	n, total, docs := 0, 0.0, 0
	df := make([]int, len(terms))
	for _, h := range p.hits {
		n += h.s.live
		for i := range h.s.text.segs {
			err := w.each(&h.s.text.segs[i], func(t int, ord uint32, po segment.Posting) {
				df[t]++
				total += fieldLength(po)
				docs++
			})
			if err != nil {
				return nil, err
			}
		}
	}
	for t := range terms {
		w.idf[t] = math.Log(1 + (float64(n)-float64(df[t])+0.5)/(float64(df[t])+0.5))
	}
	w.length = 1
	if docs > 0 {
		w.length = total / float64(docs)
	}
	return w, nil
}

// scores returns the score of every place of a shard.
func (w *weights) scores(h found) ([]float64, error) {
	out := make([]float64, len(h.bits)*64)
	for i := range h.s.text.segs {
		err := w.each(&h.s.text.segs[i], func(t int, ord uint32, po segment.Posting) {
			if int(ord) < len(out) {
				tf := float64(po.Frequency())
				out[ord] += w.idf[t] * tf * (bm25K + 1) / (tf + bm25K*(1-bm25B+bm25B*fieldLength(po)/w.length))
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fieldLength undoes bleve's norm, which is one over the square root of the number of terms.
func fieldLength(po segment.Posting) float64 {
	n := po.Norm()
	if n == 0 {
		return 1
	}
	return 1 / (n * n)
}

// each calls fn for every occurrence of a term in a document of the segment.
func (w *weights) each(sv *segView, fn func(t int, ord uint32, po segment.Posting)) error {
	for _, f := range w.e.textFields() {
		d, err := sv.seg.Dictionary(f)
		if err != nil {
			return err
		}
		for t, term := range w.terms {
			pl, err := d.PostingsList([]byte(term), sv.deleted, nil)
			if err != nil {
				return err
			}
			it := pl.Iterator(true, true, false, nil)
			for {
				po, err := it.Next()
				if err != nil {
					return err
				}
				if po == nil {
					break
				}
				fn(t, sv.ords[po.Number()], po)
			}
		}
	}
	return nil
}
