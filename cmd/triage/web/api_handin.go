package web

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"earshot/sources"
)

// rejection says what is wrong with one line of a hand-in.
type rejection struct {
	Line  int    `json:"line"`
	Error string `json:"error"`
}

type handInAnswer struct {
	Accepted int         `json:"accepted"`
	Rejected []rejection `json:"rejected"`
}

// handInBatch is how many mentions are handed to the log at once. A hand-in that fails midway has been taken up to there, and may be
// repeated whole: mentions have their platform's IDs.
const handInBatch = 1000

func (s *Server) apiHandIn(c *call) error {
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || (kind != "application/x-ndjson" && kind != "application/json") {
		return refuse(http.StatusUnsupportedMediaType, "type", "Not a list of mentions",
			"Send one JSON object a line with Content-Type: application/x-ndjson.")
	}
	answer := handInAnswer{Rejected: []rejection{}}
	lines := bufio.NewReaderSize(c.r.Body, 64<<10)
	var batch []sources.Mention
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := s.cfg.HandIn.PublishMentions(c.r.Context(), batch); err != nil {
			return err
		}
		answer.Accepted += len(batch)
		batch = batch[:0]
		return nil
	}
	for n := 1; ; n++ {
		line, tooLong, err := readLine(lines)
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return err
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return badRequest("The request broke off. Send it again; what was taken already is not taken twice.")
		}
		if line = bytes.TrimSpace(line); len(line) > 0 || tooLong {
			if m, fault := parseLine(line, tooLong); fault != "" {
				answer.Rejected = append(answer.Rejected, rejection{n, fault})
			} else {
				batch = append(batch, m)
			}
		}
		if len(batch) == handInBatch || err != nil {
			if err := flush(); err != nil {
				return err
			}
		}
		if err != nil {
			break
		}
	}
	s.metrics.handIn(answer.Accepted, len(answer.Rejected))
	return c.json(http.StatusAccepted, answer)
}

func parseLine(line []byte, tooLong bool) (sources.Mention, string) {
	if tooLong {
		return sources.Mention{}, "The line is longer than 1 MiB; shorten the mention's text or leave members out."
	}
	m, err := sources.ParseMention(line)
	if err != nil {
		return m, sentence(strings.TrimPrefix(err.Error(), sources.ErrBadMention.Error()+": "))
	}
	return m, ""
}

// readLine reads one line of at most MaxMentionBytes; of a longer one it reads to the end and keeps nothing.
func readLine(r *bufio.Reader) (line []byte, tooLong bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if !tooLong {
			line = append(line, part...)
			if len(bytes.TrimRight(line, "\r\n")) > sources.MaxMentionBytes {
				line, tooLong = nil, true
			}
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, tooLong, err
		}
	}
}
