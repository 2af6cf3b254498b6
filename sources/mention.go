package sources

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Limits of one mention, enforced by ParseMention.
const (
	MaxMentionBytes = 1 << 20   // of JSON, one line
	MaxTextBytes    = 256 << 10 // of text
	MaxIDBytes      = 512
)

// Kind says what sort of thing was published.
type Kind string

// The kinds of a mention.
const (
	Post    Kind = "post"
	Comment Kind = "comment"
	Reply   Kind = "reply"
	Quote   Kind = "quote"
	Review  Kind = "review"
	Video   Kind = "video"
	Photo   Kind = "photo"
	Article Kind = "article"
	Message Kind = "message"
	Report  Kind = "report"
)

// State says whether the platform still shows the mention.
type State string

// The states of a mention. Empty means Live.
const (
	Live     State = "live"
	Edited   State = "edited"
	Deleted  State = "deleted"
	Withheld State = "withheld"
)

// Mention is one public post, comment, review, article or staff report, as its platform published it. Members this program does
// not know are kept in Unknown and written back, so that an older program never loses what a newer one wrote.
type Mention struct {
	ID       string `json:"id"` // "platform:native id"; also ParentID, ThreadID, QuotedID
	Platform string `json:"platform"`
	Source   string `json:"source,omitzero"` // the configured source that brought it
	Kind     Kind   `json:"kind,omitzero"`

	Title     string `json:"title,omitzero"`
	Text      string `json:"text,omitzero"`
	TextRaw   string `json:"text_raw,omitzero"`
	Truncated bool   `json:"truncated,omitzero"`
	Author    Author `json:"author,omitzero"`

	CreatedAt        time.Time `json:"created_at,omitzero"`
	CreatedPrecision string    `json:"created_precision,omitzero"` // exact, day, indexed, unknown
	EditedAt         time.Time `json:"edited_at,omitzero"`
	FetchedAt        time.Time `json:"fetched_at,omitzero"`
	At               time.Time `json:"at,omitzero"` // of a deletion

	Permalink    string           `json:"permalink,omitzero"`
	ParentID     string           `json:"parent_id,omitzero"`
	ThreadID     string           `json:"thread_id,omitzero"`
	QuotedID     string           `json:"quoted_id,omitzero"`
	Lang         string           `json:"lang,omitzero"`          // BCP 47, as the platform declares it
	LangDetected string           `json:"lang_detected,omitzero"` // BCP 47, found by Normalise
	Links        []string         `json:"links,omitempty"`
	Engagement   map[string]int64 `json:"engagement,omitempty"` // likes, replies, shares, quotes, views, rating
	Media        []Media          `json:"media,omitempty"`
	Visibility   string           `json:"visibility,omitzero"` // public, members, unknown
	MatchedBy    []string         `json:"matched_by,omitempty"`
	State        State            `json:"state,omitzero"`

	Relation string `json:"relation,omitzero"` // of a report: me, colleague, council
	Reporter string `json:"reporter,omitzero"` // of a report: account ID or contact, for the roles that act

	Unknown jsontext.Value `json:",embed"`
}

// Author is who wrote a mention; any part may be empty.
type Author struct {
	ID     string `json:"id,omitzero"`
	Handle string `json:"handle,omitzero"`
	Name   string `json:"name,omitzero"`
	URL    string `json:"url,omitzero"`

	Unknown jsontext.Value `json:",embed"`
}

// LinkTo is where page stands under site; empty without a page. It is made for Author.URL, of people who may have no name.
func LinkTo(site, page string) string {
	if page == "" {
		return ""
	}
	return site + page
}

// Media is a link to a picture, video or file, or a blob of our own (Blob is its SHA-256 in hex).
type Media struct {
	Type    string    `json:"type,omitzero"`
	URL     string    `json:"url,omitzero"`
	Alt     string    `json:"alt,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
	Blob    string    `json:"blob,omitzero"`

	Unknown jsontext.Value `json:",embed"`
}

// ErrBadMention is wrapped by every error of ParseMention and Validate: the input is wrong and will be wrong again.
var ErrBadMention = errors.New("not a mention")

// ParseMention reads one JSON object, checks it and returns it as it stands; Normalise is a step of its own.
func ParseMention(line []byte) (Mention, error) {
	var m Mention
	if len(line) > MaxMentionBytes {
		return m, fmt.Errorf("%w: it is %d bytes long, more than the %d allowed", ErrBadMention, len(line), MaxMentionBytes)
	}
	if !utf8.Valid(line) {
		return m, fmt.Errorf("%w: it is not valid UTF-8", ErrBadMention)
	}
	if err := json.Unmarshal(line, &m); err != nil {
		return m, fmt.Errorf("%w: %s", ErrBadMention, describe(err))
	}
	return m, m.Validate()
}

// describe says what is wrong with JSON without repeating any of it: a fault may sit in somebody's words.
func describe(err error) string {
	var syn *jsontext.SyntacticError
	var sem *json.SemanticError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "the JSON ends too early"
	case errors.As(err, &syn):
		return fmt.Sprintf("the JSON is broken at byte %d", syn.ByteOffset)
	case errors.As(err, &sem):
		return fmt.Sprintf("member %s has the wrong type or form", sem.JSONPointer)
	default:
		return "the JSON cannot be read"
	}
}

// Validate says in one sentence what makes m unacceptable.
func (m *Mention) Validate() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{ErrBadMention}, args...)...)
	}
	switch {
	case m.ID == "":
		return bad("id is missing")
	case len(m.ID) > MaxIDBytes:
		return bad("id is longer than %d bytes", MaxIDBytes)
	case m.Platform == "":
		return bad("platform is missing")
	case !strings.HasPrefix(m.ID, m.Platform+":") || len(m.ID) == len(m.Platform)+1:
		return bad("id must be the platform, a colon and the platform's own id, such as facebook:123_456")
	case m.State == Deleted:
		return nil
	case strings.TrimSpace(m.Text) == "" && strings.TrimSpace(m.Title) == "" && len(m.Media) == 0:
		return bad("it has neither text nor media")
	case len(m.Text) > MaxTextBytes:
		return bad("text is longer than %d bytes", MaxTextBytes)
	case m.CreatedAt.IsZero():
		return bad("created_at is missing")
	case m.CreatedAt.Year() < 1990 || m.CreatedAt.Year() > 2200:
		return bad("created_at is in the year %d", m.CreatedAt.Year())
	}
	switch m.State {
	case "", Live, Edited, Withheld:
		return nil
	}
	return bad("state is %q; known are live, edited, deleted and withheld", m.State)
}

// Version names the content of a mention: 16 hex digits over text, media and state. Two deliveries with one ID and one Version are
// the same thing; a new Version under an old ID is an edit or a deletion.
func (m *Mention) Version() string {
	b := make([]byte, 0, 64+len(m.Title)+len(m.Text)+len(m.TextRaw))
	part := func(s string) {
		b = append(append(strconv.AppendInt(b, int64(len(s)), 10), ':'), s...)
	}
	part(m.Title)
	part(m.Text)
	part(m.TextRaw)
	for i := range m.Media {
		b = append(b, 'm')
		part(m.Media[i].Type)
		part(m.Media[i].Alt)
		b = append(b, m.Media[i].Blob...)
	}
	if m.State == Deleted || m.State == Withheld {
		b = append(b, m.State...)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// Native is the platform's own id of m.
func (m *Mention) Native() string { return NativeID(m.ID) }

// NativeID is what stands in an ID after the platform and its colon.
func NativeID(id string) string {
	_, native, _ := strings.Cut(id, ":")
	return native
}

// MatchedThread stands alone in MatchedBy of a mention that was fetched only because it stands around another.
const MatchedThread = "thread"

// Around reports whether m was fetched only because it stands around another mention, and is none of the council in its own right.
func (m *Mention) Around() bool { return len(m.MatchedBy) == 1 && m.MatchedBy[0] == MatchedThread }

// Thread is the key in which order matters: the thread, else the parent, else the mention itself.
func (m *Mention) Thread() string {
	switch {
	case m.ThreadID != "":
		return m.ThreadID
	case m.ParentID != "":
		return m.ParentID
	}
	return m.ID
}
