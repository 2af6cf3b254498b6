package index_test

import (
	"strings"
	"testing"

	"earshot/classify"
	"earshot/index"
	"earshot/settings"
	"earshot/sources"
)

// found is a mention in which the roster found name, every officer junior.
func found(text string, names ...string) classify.Tagged {
	t := classify.Tagged{Mention: sources.Mention{Text: text, Title: text, TextRaw: "<b>" + text, Unknown: []byte(`{"copy":"x"}`)}}
	for _, name := range names {
		start := strings.Index(strings.ToLower(text), strings.ToLower(name))
		t.Verdict.Officers = append(t.Verdict.Officers, classify.Officer{Name: name, Grade: settings.Junior, Start: start, End: start + len(name)})
	}
	return t
}

func TestMask(t *testing.T) {
	for _, c := range []struct{ name, text, officer, want string }{
		{"plain", "ask jo lowly now", "Jo Lowly", "ask [junior officer] now"},
		{"twice and shouted", "JO LOWLY, jo lowly!", "Jo Lowly", "[junior officer], [junior officer]!"},
		{"no part of another word", "jo lowly of Lowlyton and mojo lowlys", "Jo Lowly", "[junior officer] of Lowlyton and mojo lowlys"},
		{"apostrophe", "jo lowly's desk", "Jo Lowly", "[junior officer]'s desk"},
		{"letters beyond ASCII", "Zoë Łuk said; ZOË ŁUK shouted", "Zoë Łuk", "[junior officer] said; [junior officer] shouted"},
		{"whole text", "Jo", "Jo", "[junior officer]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := index.Mask(found(c.text, c.officer))
			if got.Mention.Text != c.want || got.Mention.Title != c.want {
				t.Errorf("text %q, title %q, want %q", got.Mention.Text, got.Mention.Title, c.want)
			}
			if got.Mention.TextRaw != "" || got.Mention.Unknown != nil {
				t.Error("the raw form or unknown members, which may repeat the name, are shown")
			}
			for _, o := range got.Verdict.Officers {
				if o.Name != index.Masked || got.Mention.Text[o.Start:o.End] != index.Masked {
					t.Errorf("officer %+v stands on %q", o, got.Mention.Text[o.Start:o.End])
				}
			}
		})
	}
}

func TestMaskLeavesOthersAlone(t *testing.T) {
	in := found("Pat Chief spoke", "Pat Chief")
	in.Verdict.Officers[0].Grade = settings.Senior
	if got := index.Mask(in); got.Mention.Text != "Pat Chief spoke" || got.Mention.TextRaw == "" {
		t.Errorf("%+v", got.Mention)
	}
}

func TestMaskDoesNotChangeItsArgument(t *testing.T) {
	in := found("ask jo lowly now", "Jo Lowly")
	in.Verdict.Reasons = []classify.Reason{{Start: 0, End: 16, Why: "Jo Lowly"}}
	index.Mask(in)
	if in.Mention.Text != "ask jo lowly now" || in.Verdict.Officers[0].Name != "Jo Lowly" || in.Verdict.Reasons[0].Why != "Jo Lowly" {
		t.Errorf("%+v", in)
	}
}

// FuzzMask moves a reason along with the text: whatever it pointed at before, it points into the text afterwards, and at the same words when they
// were not masked.
func FuzzMask(f *testing.F) {
	f.Add("ask jo lowly now, JO LOWLY please", "Jo Lowly", 4, 12, 18, 26)
	f.Add("é jo", "jo", 3, 5, 0, 2)
	f.Fuzz(func(t *testing.T, text, name string, start, end, from, to int) {
		in := classify.Tagged{Mention: sources.Mention{Text: text}}
		in.Verdict.Officers = []classify.Officer{{Name: name, Grade: settings.Junior, Start: start, End: end}}
		if from < 0 || to > len(text) || from >= to {
			return
		}
		in.Verdict.Reasons = []classify.Reason{{Start: from, End: to}}
		got := index.Mask(in)
		r := got.Verdict.Reasons[0]
		if r.Start < 0 || r.End > len(got.Mention.Text) || r.Start >= r.End {
			t.Fatalf("%q: a reason at %d:%d of %q", text, r.Start, r.End, got.Mention.Text)
		}
		now := got.Mention.Text[r.Start:r.End]
		if now != text[from:to] && !strings.Contains(now, index.Masked) {
			t.Fatalf("%q became %q: the reason pointed at %q and points at %q", text, got.Mention.Text, text[from:to], now)
		}
	})
}
