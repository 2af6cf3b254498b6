package podcast

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

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
	body = bytes.TrimSpace(bytes.TrimPrefix(bytes.ToValidUTF8(body, nil), []byte("\xEF\xBB\xBF")))
	switch {
	case bytes.HasPrefix(body, []byte("{")):
		return joined(segments(body))
	case sources.IsHTML(body):
		return sentences(sources.HTMLToText(string(body)).Text)
	case timing.Match(body):
		return joined(timed(string(body)))
	}
	return sentences(string(body))
}

var (
	timing = regexp.MustCompile(`(?m)^\s*((?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3})\s+-->`)
	tags   = regexp.MustCompile(`<[^<>]*>`)
)

// timed reads WebVTT and SubRip: a line with times, then words up to an empty line.
func timed(s string) (out []cue) {
	open := false
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		if t := timing.FindStringSubmatch(line); t != nil {
			out, open = append(out, cue{at: clock(t[1])}), true
			continue
		}
		if open = open && line != ""; open {
			if last := out[len(out)-1]; len(last.text) > lineBytes { // not what a cue is made for
				out = append(out, cue{at: last.at})
			}
			last := &out[len(out)-1]
			last.text = strings.TrimSpace(last.text + " " + sources.PlainText(tags.ReplaceAllString(line, "")))
		}
	}
	return out
}

// clock reads 01:02:03.456, 02:03.456, and with a comma.
func clock(s string) (d time.Duration) {
	s, _, _ = strings.Cut(strings.Replace(s, ",", ".", 1), ".")
	for part := range strings.SplitSeq(s, ":") {
		n, _ := strconv.Atoi(part) // digits, as timing wants
		d = 60*d + time.Duration(n)*time.Second
	}
	return d
}

func segments(body []byte) (out []cue) {
	var in struct {
		Segments []struct {
			Start float64 `json:"startTime"`
			Body  string  `json:"body"`
		} `json:"segments"`
	}
	if json.Unmarshal(body, &in) != nil {
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
			n := len(line)
			if n > lineBytes {
				n = cmp.Or(1+strings.LastIndexAny(line[:lineBytes], ".!?"), 1+strings.LastIndexByte(line[:lineBytes], ' '), wholeRunes(line))
			}
			out = append(out, cue{untimed, strings.TrimSpace(line[:n])})
			line = strings.TrimSpace(line[n:])
		}
	}
	return out
}

// wholeRunes is how many bytes of a longer line make no more than lineBytes without cutting a letter.
func wholeRunes(line string) int {
	n := lineBytes
	for n > 1 && !utf8.RuneStart(line[n]) {
		n--
	}
	return n
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
	var b strings.Builder
	for _, c := range cs {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(c.text)
	}
	return b.String()
}

func stamp(at time.Duration) string {
	if at == untimed {
		return ""
	}
	s := int(at / time.Second)
	return fmt.Sprintf("[%d:%02d:%02d] ", s/3600, s/60%60, s%60)
}
