package opinion

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/classify"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

//go:embed prompt.txt
var prompt string

// Bounds of an answer.
const (
	maxAnswerBytes  = 1 << 20
	maxAnswerTokens = 120
)

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// request is what OpenAI's chat completions take, as llama.cpp, vLLM, Ollama and others understand it.
type request struct {
	Model       string    `json:"model"`
	Messages    []message `json:"messages"`
	Temperature float64   `json:"temperature"`
	MaxTokens   int       `json:"max_tokens"`
	Stream      bool      `json:"stream"`
	Format      format    `json:"response_format"`
}

// format holds the server to the form of an answer: small models otherwise repeat the question.
type format struct {
	Type   string `json:"type"`
	Schema struct {
		Name   string `json:"name"`
		Strict bool   `json:"strict"`
		Schema schema `json:"schema"`
	} `json:"json_schema"`
}

// schema is as much of JSON Schema as an answer needs.
type schema struct {
	Type       string            `json:"type,omitzero"`
	Enum       []string          `json:"enum,omitzero"`
	Properties map[string]schema `json:"properties,omitzero"`
	Required   []string          `json:"required,omitzero"`
	Additional *bool             `json:"additionalProperties,omitzero"`
}

// formOf is the form of an answer about labels.
func formOf(labels []classify.Label) format {
	s := schema{Type: "object", Properties: map[string]schema{}, Additional: new(bool)}
	for _, l := range labels {
		s.Properties[string(l)] = schema{Type: "boolean"}
		s.Required = append(s.Required, string(l))
	}
	s.Properties["target"] = schema{Type: "string", Enum: append(slices.Clone(targets), "none")}
	s.Required = append(s.Required, "target")
	f := format{Type: "json_schema"}
	f.Schema.Name, f.Schema.Strict, f.Schema.Schema = "verdict", true, s
	return f
}

var targets = []string{"staff", "member", "both"}

type response struct {
	Choices []struct {
		Message struct {
			Content *string `json:"content"`
			Refusal string  `json:"refusal"`
		} `json:"message"`
		FinishReason string `json:"finish_reason"`
	} `json:"choices"`
}

// question is the user's message: data alone.
type question struct {
	Labels []classify.Label `json:"labels"`
	Post   string           `json:"post"`
}

// answer is what a model says of the labels it was asked about.
type answer struct {
	holds  map[classify.Label]bool
	target string // staff, member or both, where abuse holds
}

// throttled is errThrottled with the wait that the server asked for; zero when it named none.
type throttled struct{ wait time.Duration }

func (t throttled) Error() string { return errThrottled.Error() }
func (t throttled) Unwrap() error { return errThrottled }

// ask puts one question. Its errors hold neither key nor text.
func (o *Opinion) ask(ctx context.Context, q question) (answer, error) {
	body, err := o.body(q)
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.endpoint, bytes.NewReader(body))
	if err != nil {
		return answer{}, errNetwork
	}
	req.Header.Set("Content-Type", "application/json")
	if o.cfg.Key != "" {
		req.Header.Set("Authorization", "Bearer "+o.cfg.Key)
	}
	resp, err := o.cfg.Client.Do(req)
	if err != nil {
		return answer{}, netError(ctx)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes+1))
	switch {
	case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable:
		return answer{}, throttled{retryAfter(resp.Header.Get("Retry-After"), o.cfg.Now())}
	case resp.StatusCode != http.StatusOK:
		return answer{}, fmt.Errorf("%w: %d", errStatus, resp.StatusCode)
	case err != nil:
		return answer{}, netError(ctx)
	case len(raw) > maxAnswerBytes:
		return answer{}, errShape
	}
	return read(raw, q.Labels)
}

func netError(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errTimeout
	}
	return errNetwork
}

// body is the request as JSON. The post is a JSON string inside a JSON string, and < is written as an escape, so that no text can end its
// own quotation or look like the marks by which a server tells roles apart.
func (o *Opinion) body(q question) ([]byte, error) {
	user, err := json.Marshal(q, jsontext.EscapeForHTML(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return nil, fmt.Errorf("opinion: write the question: %w", err)
	}
	return json.Marshal(request{
		Model: o.cfg.Model, Messages: []message{{"system", prompt}, {"user", string(user)}},
		MaxTokens: maxAnswerTokens, Format: formOf(q.Labels),
	}, json.Deterministic(true))
}

// retryAfter reads seconds or an HTTP date.
func retryAfter(h string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(h)); err == nil && n > 0 && n < 1<<20 {
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(h); err == nil && t.After(now) {
		return t.Sub(now)
	}
	return 0
}

// read takes the answer out of the server's response.
func read(raw []byte, labels []classify.Label) (answer, error) {
	var r response
	if err := json.Unmarshal(raw, &r); err != nil || len(r.Choices) == 0 {
		return answer{}, errShape
	}
	c := &r.Choices[0]
	if c.Message.Refusal != "" || c.FinishReason == "content_filter" {
		return answer{}, errRefused
	}
	if c.Message.Content == nil || c.FinishReason == "length" {
		return answer{}, errShape
	}
	return readContent(unfenced(*c.Message.Content), labels)
}

// unfenced is s without the code fence that models like to write around JSON.
func unfenced(s string) string {
	s = strings.TrimSpace(s)
	if rest, ok := strings.CutPrefix(s, "```"); ok {
		s = strings.TrimSuffix(strings.TrimPrefix(rest, "json"), "```")
	}
	return strings.TrimSpace(s)
}

// readContent reads the model's own JSON: every label that was asked for, and a target where abuse holds.
func readContent(s string, labels []classify.Label) (answer, error) {
	var got map[string]any
	if err := json.Unmarshal([]byte(s), &got); err != nil {
		return answer{}, errShape
	}
	a := answer{holds: map[classify.Label]bool{}}
	for _, l := range labels {
		yes, ok := got[string(l)].(bool)
		if !ok {
			return answer{}, errShape
		}
		a.holds[l] = yes
	}
	if a.holds[classify.Abuse] {
		a.target, _ = got["target"].(string)
		if !slices.Contains(targets, a.target) {
			return answer{}, errShape
		}
	}
	return a, nil
}
