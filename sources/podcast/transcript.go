package podcast

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"earshot/sources"
)

// cue is some words of a transcript and when they begin; untimed where it does not say.
type cue struct {
	at   time.Duration
	text string
}

const (
	untimed     = -1
	cueBytes    = 60  // words that come one by one are put together up to here
	around      = 2   // cues before and after the one with the term
	maxPassages = 10  // of one episode
	lineBytes   = 300 // of a transcript without times, at the end of a sentence
)

// cues reads a transcript, of which form it is being told by what it holds.
func cues(body []byte) []cue {
	s := strings.TrimSpace(strings.TrimPrefix(strings.ToValidUTF8(string(body), ""), "\uFEFF"))
	switch {
	case strings.HasPrefix(s, "{"):
		return joined(segments(s))
	case sources.IsHTML([]byte(s)):
		return sentences(sources.HTMLToText(s).Text)
	case timing.MatchString(s):
		return joined(timed(s))
	}
	return sentences(s)
}

var (
	timing = regexp.MustCompile(`(?m)^\s*(?:(\d+):)?(\d{1,2}):(\d{2})[.,]\d{1,3}\s+-->`)
	tags   = regexp.MustCompile(`<[^<>]*>`)
)

// timed reads WebVTT and SubRip: a line with times, then words up to an empty line.
func timed(s string) (out []cue) {
	at := time.Duration(untimed)
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		t := timing.FindStringSubmatch(line)
		switch {
		case t != nil:
			at, _ = time.ParseDuration(cmp.Or(t[1], "0") + "h" + t[2] + "m" + t[3] + "s") // digits, as timing wants
		case line == "":
			at = untimed
		case at != untimed:
			out = append(out, cue{at, sources.PlainText(tags.ReplaceAllString(line, ""))})
		}
	}
	return out
}

func segments(s string) (out []cue) {
	var in struct {
		Segments []struct {
			Start float64 `json:"startTime"`
			Body  string  `json:"body"`
		} `json:"segments"`
	}
	if json.Unmarshal([]byte(s), &in) != nil {
		return nil
	}
	for _, s := range in.Segments {
		out = append(out, cue{at: time.Duration(min(max(s.Start, 0), 1e6) * float64(time.Second)), text: strings.TrimSpace(s.Body)})
	}
	return out
}

// joined puts short cues together: some transcripts have one for each word, and a term may have several words.
func joined(in []cue) (out []cue) {
	for _, c := range in {
		if n := len(out); n > 0 && len(out[n-1].text) < cueBytes {
			out[n-1].text = strings.TrimSpace(out[n-1].text + " " + c.text)
			continue
		}
		out = append(out, c)
	}
	return out
}

// sentences makes cues of a text without times.
func sentences(s string) (out []cue) {
	for line := range strings.Lines(s) {
		for line = strings.TrimSpace(line); line != ""; {
			part := sources.Cut(line, lineBytes)
			if len(part) < len(line) {
				part = part[:cmp.Or(1+strings.LastIndexAny(part, ".!?"), 1+strings.LastIndexByte(part, ' '), len(part))]
			}
			out = append(out, cue{untimed, strings.TrimSpace(part)})
			line = strings.TrimSpace(line[len(part):])
		}
	}
	return out
}

// passages are the cues around each place where a term is spoken, each on a line of its own with its time.
func passages(all []cue, terms *sources.Terms) string {
	var found []string
	said := func(cs []cue) bool { return len(terms.Match(text(cs), "")) > 0 }
	begin := 0 // after the passage before
	for last := 0; last < len(all) && len(found) < maxPassages; last++ {
		from, to := max(begin, last-2*around), last+1
		if !said(all[from:to]) {
			continue
		}
		// The term ends with this cue. What must stand near it may lie further back than the passage would reach.
		if f, t := max(begin, last-around), min(len(all), last+around+1); said(all[f:t]) {
			from, to = f, t
		}
		found = append(found, stamp(all[from].at)+text(all[from:to]))
		begin, last = to, to-1
	}
	return strings.Join(found, "\n\n")
}

func text(cs []cue) string {
	words := make([]string, len(cs))
	for i := range cs {
		words[i] = cs[i].text
	}
	return strings.Join(words, " ")
}

func stamp(at time.Duration) string {
	if at == untimed {
		return ""
	}
	return fmt.Sprintf("[%d:%02d:%02d] ", int(at.Hours()), int(at.Minutes())%60, int(at.Seconds())%60)
}
