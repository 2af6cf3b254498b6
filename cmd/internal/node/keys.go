package node

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"earshot/index"
	"earshot/sources"
	"earshot/sources/topic"

	"github.com/go-json-experiment/json"
)

// keyPrefix comes before SOURCE/NAME of a sealed key. Under changePrefix stands, for each source, what a person last did to its keys: a
// connector that renews a key by itself writes no such entry, so a fleet starts a source anew exactly when a person meant it to.
const (
	keyPrefix    = "key/"
	changePrefix = "keys/"
)

// Keys keeps connectors' keys on the settings topic, encrypted with AES-256-GCM under the secret key. Names and the
// server that a key goes to are bound into the ciphertext, so that a key moved to another source does not open, and none is sent elsewhere when the address of
// its source changes. They are written and used, never shown.
type Keys struct {
	table *topic.Table
	aead  cipher.AEAD
}

// NewKeys derives the key of keys from secret (32 bytes or more).
func NewKeys(table *topic.Table, secret []byte) (*Keys, error) {
	k, err := hkdf.Key(sha256.New, secret, nil, "earshot connector keys 1", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key of connector keys: %w", err)
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &Keys{table, aead}, err
}

// ErrKeyUnreadable says that a connector key was stored under another secret key.
var ErrKeyUnreadable = sources.Stopf("The stored key cannot be opened with this EARSHOT_SECRET_KEY. Enter it again on the sources page.")

// sealed is a key as it is stored. Its server is bound into the ciphertext.
type sealed struct {
	Key    []byte `json:"key"`
	Server string `json:"server,omitzero"` // sources.Connector.Server
}

// boundTo is what a ciphertext is bound to.
func boundTo(id, server string) []byte { return []byte(id + "\n" + server) }

// ServerKeys are the keys of sources whose keys are sent to one server.
type ServerKeys struct {
	*Keys
	server string
}

// For returns the keys of sources whose keys are sent to server, as sources.Connector.Server says it.
func (k *Keys) For(server string) ServerKeys { return ServerKeys{k, server} }

// Get returns a key, empty when none is set, and an error when it was stored for another server.
func (k ServerKeys) Get(_ context.Context, source, name string) (string, error) {
	id := keyPrefix + source + "/" + name
	e, ok := k.table.Get(id)
	if !ok {
		return "", nil
	}
	n := k.aead.NonceSize()
	var s sealed
	if err := json.Unmarshal(e.Value, &s); err != nil || len(s.Key) < n {
		return "", ErrKeyUnreadable
	}
	clear, err := k.aead.Open(nil, s.Key[:n], s.Key[n:], boundTo(id, s.Server))
	switch {
	case err != nil:
		return "", ErrKeyUnreadable
	case s.Server != k.server:
		return "", sources.Stopf("The key %q was entered for the server %s and is given to no other. Enter it again on the sources page.", name, s.Server)
	}
	return string(clear), nil
}

// Watch calls fn with the source of every key that is stored or removed from now on, until stop is called.
func (k *Keys) Watch(fn func(source string)) (stop func()) {
	return k.table.Watch(func(e topic.Entry) {
		if rest, ok := strings.CutPrefix(e.Key, keyPrefix); ok {
			if i := strings.LastIndexByte(rest, '/'); i >= 0 {
				fn(rest[:i])
			}
		}
	})
}

// Set stores a key; an empty value removes it.
func (k ServerKeys) Set(ctx context.Context, source, name, value string) error {
	id := keyPrefix + source + "/" + name
	if value == "" {
		return k.table.Delete(ctx, id)
	}
	nonce := make([]byte, k.aead.NonceSize())
	rand.Read(nonce) // never fails (crypto/rand)
	v, err := json.Marshal(sealed{k.aead.Seal(nonce, nonce, []byte(value), boundTo(id, k.server)), k.server})
	if err == nil {
		_, err = k.table.Put(ctx, id, v)
	}
	return err
}

// functions is sources.Deps.KeysFor.
func (k *Keys) functions(server string) (get func(ctx context.Context, source, name string) (string, error), set func(ctx context.Context, source, name, value string) error) {
	of := k.For(server)
	return of.Get, of.Set
}

// Names lists the keys that are set for a source.
func (k *Keys) Names(source string) []string {
	prefix := keyPrefix + source + "/"
	var out []string
	for _, e := range k.table.All(prefix) {
		out = append(out, strings.TrimPrefix(e.Key, prefix))
	}
	return out
}

// Change stores what a person entered (an empty value removes a key) and says so on the log, whereupon the source starts anew on the node
// that runs it. The log keeps who changed which keys, never their values.
func (k ServerKeys) Change(ctx context.Context, source string, values map[string]string, by string) error {
	var set, removed []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if err := k.Set(ctx, source, name, values[name]); err != nil {
			return fmt.Errorf("store the key %s of %s: %w", name, source, err)
		}
		if values[name] == "" {
			removed = append(removed, name)
		} else {
			set = append(set, name)
		}
	}
	if len(values) == 0 {
		return nil
	}
	var why []string
	if len(set) > 0 {
		why = append(why, "set "+strings.Join(set, ", "))
	}
	if len(removed) > 0 {
		why = append(why, "removed "+strings.Join(removed, ", "))
	}
	v, err := json.Marshal(file{At: time.Now().UTC(), By: by, Why: strings.Join(why, "; ")})
	if err == nil {
		_, err = k.table.Put(ctx, changePrefix+source, v)
	}
	return err
}

// WatchChanges calls fn with the ID of every source whose keys a person changes, until stop is called or the log is closed.
func (k *Keys) WatchChanges(fn func(source string)) (stop func()) {
	return k.table.Watch(func(e topic.Entry) {
		if source, ok := strings.CutPrefix(e.Key, changePrefix); ok {
			fn(source)
		}
	})
}

// Changed returns what a person last did to the keys of a source.
func (k *Keys) Changed(source string) (index.SettingVersion, bool) {
	e, ok := k.table.Get(changePrefix + source)
	if !ok {
		return index.SettingVersion{}, false
	}
	v, err := SettingVersion(e)
	return v, err == nil
}
