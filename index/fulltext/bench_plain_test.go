package fulltext

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/keyword"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search/query"

	"earshot/classify"
	"earshot/index"
)

// plainDoc is a mention as a plain bleve index would hold it: one text field, keywords with doc values, a date.
type plainDoc struct {
	Text, Platform, Service, Lang, State string
	Tag, Risk, Term                      []string
	Created                              string
}

func plainMapping() *mapping.IndexMappingImpl {
	text := bleve.NewTextFieldMapping()
	text.Store, text.IncludeInAll, text.DocValues, text.Analyzer = false, false, false, AnalyserName
	word := bleve.NewTextFieldMapping()
	word.Store, word.IncludeInAll, word.IncludeTermVectors, word.Analyzer = false, false, false, keyword.Name
	date := bleve.NewDateTimeFieldMapping()
	date.Store, date.IncludeInAll = false, false
	doc := bleve.NewDocumentStaticMapping()
	doc.AddFieldMappingsAt("Text", text)
	doc.AddFieldMappingsAt("Created", date)
	for _, f := range []string{"Platform", "Service", "Lang", "State", "Tag", "Risk", "Term"} {
		doc.AddFieldMappingsAt(f, word)
	}
	m := bleve.NewIndexMapping()
	m.DefaultMapping = doc
	return m
}

// BenchmarkPlainBleve makes the same searches with bleve's own requests (sorted by date, four facets) over the same mentions in
// monthly indexes behind an alias: what the sets and views of this package are measured against.
func BenchmarkPlainBleve(b *testing.B) {
	n := benchSize(b)
	dir := b.TempDir()
	shards := map[string]bleve.Index{}
	alias := bleve.NewIndexAlias()
	const batch = 2000 // as benchBuild does: batches decide what is random
	for from := 0; from < n; from += batch {
		batches := map[string]*bleve.Batch{}
		for _, c := range benchBatch(from, min(from+batch, n), n) {
			if c.Tagged == nil {
				continue
			}
			name := shardName(c.Tagged.Mention.CreatedAt)
			if shards[name] == nil {
				x, err := bleve.NewUsing(filepath.Join(dir, name), plainMapping(), scorch.Name, scorch.Name, map[string]any{"unsafe_batch": true})
				if err != nil {
					b.Fatal(err)
				}
				defer x.Close()
				shards[name] = x
				alias.Add(x)
			}
			if batches[name] == nil {
				batches[name] = shards[name].NewBatch()
			}
			if err := batches[name].Index(c.Tagged.Mention.ID, plain(c.Tagged)); err != nil {
				b.Fatal(err)
			}
		}
		for name, batch := range batches {
			if err := shards[name].Batch(batch); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run(fmt.Sprintf("mix/%d", n), func(b *testing.B) {
		benchSearch(b, func(q benchQuery) (int, error) {
			if q.name == "month, open cases" {
				return 0, nil // a plain index would have to index each mention again with each event
			}
			r := bleve.NewSearchRequestOptions(plainQuery(q.request(b)), 25, 0, false)
			r.SortBy([]string{"-Created"})
			for _, f := range []string{"Tag", "Platform", "Service", "Term"} {
				r.AddFacet(f, bleve.NewFacetRequest(f, 20))
			}
			res, err := alias.SearchInContext(b.Context(), r)
			if err != nil {
				return 0, err
			}
			return int(res.Total), nil
		})
	})
}

func plain(t *classify.Tagged) plainDoc {
	m := &t.Mention
	return plainDoc{Text: m.Text, Platform: m.Platform, Service: t.Verdict.Service, Lang: index.Language(t), Tag: texts(t.Verdict.Labels),
		Risk: texts(t.Verdict.Risk), Term: m.MatchedBy, Created: m.CreatedAt.Format("2006-01-02T15:04:05Z07:00")}
}

// plainQuery turns the queries of the mix into bleve's.
func plainQuery(r index.Request) query.Query {
	parts := []query.Query{bleve.NewMatchAllQuery()}
	if !r.From.IsZero() {
		d := bleve.NewDateRangeQuery(r.From, r.To)
		d.SetField("Created")
		parts = append(parts, d)
	}
	names := map[string]string{"tag": "Tag", "site": "Platform", "service": "Service"}
	for _, c := range r.Query.Clauses {
		switch {
		case c.Or != nil:
			var any []query.Query
			for _, alt := range c.Or {
				any = append(any, plainQuery(index.Request{Query: alt}))
			}
			parts = append(parts, bleve.NewDisjunctionQuery(any...))
		case c.Field != "":
			t := bleve.NewTermQuery(c.Value)
			t.SetField(names[c.Field])
			parts = append(parts, t)
		case c.Prefix:
			p := bleve.NewPrefixQuery(c.Words)
			p.SetField("Text")
			parts = append(parts, p)
		case c.Phrase:
			p := bleve.NewMatchPhraseQuery(c.Words)
			p.SetField("Text")
			parts = append(parts, p)
		default:
			m := bleve.NewMatchQuery(c.Words)
			m.SetField("Text")
			parts = append(parts, m)
		}
	}
	return bleve.NewConjunctionQuery(parts...)
}
