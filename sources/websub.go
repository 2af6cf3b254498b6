package sources

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// WebSub asks hubs to push what is new (W3C WebSub, and PubSubHubbub before it) and checks what they send. The callback it gives a hub carries
// a tag made of the topic under a secret, so that whoever answers the hub's handshake, in another process even, knows the topic without
// remembering what was asked. Safe for concurrent use.
type WebSub struct {
	Source   string // settings.Source.ID
	Deps     Deps
	Client   *http.Client // zero in a receiver, which subscribes to nothing
	Callback string       // where hubs reach /hooks/{source}; empty: nothing is subscribed to

	mu  sync.Mutex
	due map[string]time.Time // by topic
}

// HubSecret is the key of a source under which hubs sign. It is made when it is first needed.
const HubSecret = "hub_secret"

const (
	hubLease = 10 * 24 * time.Hour // asked for; the hub decides
	hubRenew = 24 * time.Hour
	hubRetry = time.Hour
)

// CallbackField is the option that switches pushes on.
var CallbackField = Field{Name: "callback", Label: "Address for pushes", Example: "https://earshot.example.gov.uk/hooks/this-source",
	Hint: "Optional: the address of this source's /hooks/ page as the internet sees it. What is new then arrives at once; asking goes on besides."}

// Keep subscribes to topic at hub when that was not done today. A failure is logged: polling goes on all the same.
func (w *WebSub) Keep(ctx context.Context, hub, topic string) {
	if w.Callback == "" || hub == "" || !w.take(topic) {
		return
	}
	if err := w.subscribe(ctx, hub, topic); err != nil && ctx.Err() == nil {
		w.Deps.Logger().Warn("hub does not take the subscription", "source", w.Source, "err", err)
		w.soon(topic)
	}
}

// take says whether topic is due, and notes when it is again.
func (w *WebSub) take(topic string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.Deps.Time()
	if now.Before(w.due[topic]) {
		return false
	}
	if w.due == nil {
		w.due = map[string]time.Time{}
	}
	w.due[topic] = now.Add(hubRenew)
	return true
}

func (w *WebSub) soon(topic string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.due[topic] = w.Deps.Time().Add(hubRetry)
}

func (w *WebSub) subscribe(ctx context.Context, hub, topic string) error {
	at, err := url.Parse(hub)
	if err != nil || at.Host == "" {
		return fmt.Errorf("the address of the hub cannot be read")
	}
	if at.Scheme != "https" { // W3C WebSub, 5.1: whoever reads the secret on its way could sign pushes
		return fmt.Errorf("the address of the hub does not begin with https://")
	}
	back, err := url.Parse(w.Callback)
	if err != nil || back.Scheme != "https" {
		return fmt.Errorf("the address for pushes must begin with https://")
	}
	secret, err := w.secret(ctx)
	if err != nil {
		return err
	}
	back.RawQuery = url.Values{"tag": {topicTag(secret, topic)}}.Encode()
	c := &Caller{Client: w.Client, Name: "The hub", Asks: []string{at.Path}, Now: w.Deps.Now}
	_, err = c.PostForm(ctx, hub, url.Values{"hub.mode": {"subscribe"}, "hub.topic": {topic}, "hub.callback": {back.String()}, "hub.verify": {"async"},
		"hub.secret": {secret}, "hub.lease_seconds": {fmt.Sprint(int(hubLease.Seconds()))}})
	return err
}

func (w *WebSub) secret(ctx context.Context) (string, error) {
	s, err := w.Deps.OptionalKey(ctx, w.Source, HubSecret)
	if err != nil || s != "" {
		return s, err
	}
	s = rand.Text()
	return s, w.Deps.KeepKey(ctx, w.Source, HubSecret, s)
}

// Check answers a hub's handshake (then answer is not empty) or checks the signature of what a hub sent.
func (w *WebSub) Check(ctx context.Context, r *http.Request, body []byte) (answer string, err error) {
	secret, err := w.Deps.OptionalKey(ctx, w.Source, HubSecret)
	if err != nil {
		return "", err
	}
	if r.Method == http.MethodGet {
		q := r.URL.Query()
		topic, challenge := q.Get("hub.topic"), q.Get("hub.challenge")
		if secret == "" || q.Get("hub.mode") != "subscribe" || challenge == "" || !hmac.Equal([]byte(q.Get("tag")), []byte(topicTag(secret, topic))) {
			return "", fmt.Errorf("%w: a subscription that was not asked for", ErrForged)
		}
		return challenge, nil
	}
	if !SignedByHub(secret, body, r.Header.Get("X-Hub-Signature")) {
		return "", ErrForged
	}
	return "", nil
}

// topicTag names topic to whoever holds the secret.
func topicTag(secret, topic string) string {
	return hex.EncodeToString(sum(sha256.New, secret, []byte("topic "+topic)))
}

// SignedByHub says whether given is body's signature as hubs write it, "sha1=" or "sha256=", "sha384=", "sha512=" and the HMAC in hexadecimal.
func SignedByHub(secret string, body []byte, given string) bool {
	method, digits, _ := strings.Cut(given, "=")
	h := map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New}[method]
	want, err := hex.DecodeString(digits)
	return err == nil && h != nil && secret != "" && hmac.Equal(sum(h, secret, body), want)
}

func sum(h func() hash.Hash, secret string, body []byte) []byte {
	mac := hmac.New(h, []byte(secret))
	mac.Write(body)
	return mac.Sum(nil)
}
