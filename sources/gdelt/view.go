package gdelt

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"time"

	"earshot/sources"
)

const platform = "gdelt"

// moment is 20261120T081500Z.
type moment struct{ at time.Time } // not embedded: time.Time has its own idea of JSON

func (m *moment) UnmarshalText(b []byte) (err error) {
	m.at, err = time.Parse("20060102T150405Z", string(b))
	return err
}

type article struct {
	URL      string `json:"url"`
	Title    string `json:"title"`
	Seen     moment `json:"seendate"`
	Image    string `json:"socialimage"`
	Domain   string `json:"domain"`
	Language string `json:"language"`
}

// languages are the names GDELT uses, of what is read in this country.
var languages = map[string]string{"Albanian": "sq", "Arabic": "ar", "Bengali": "bn", "Bulgarian": "bg", "Chinese": "zh", "Croatian": "hr", "Czech": "cs", "Danish": "da", "Dutch": "nl",
	"English": "en", "Finnish": "fi", "French": "fr", "German": "de", "Greek": "el", "Gujarati": "gu", "Hebrew": "he", "Hindi": "hi", "Hungarian": "hu", "Indonesian": "id", "Irish": "ga",
	"Italian": "it", "Japanese": "ja", "Korean": "ko", "Latvian": "lv", "Lithuanian": "lt", "Nepali": "ne", "Norwegian": "no", "Persian": "fa", "Polish": "pl", "Portuguese": "pt",
	"Punjabi": "pa", "Romanian": "ro", "Russian": "ru", "Serbian": "sr", "Slovak": "sk", "Somali": "so", "Spanish": "es", "Swedish": "sv", "Tamil": "ta", "Thai": "th", "Turkish": "tr",
	"Ukrainian": "uk", "Urdu": "ur", "Vietnamese": "vi", "Welsh": "cy"}

func (a *article) mention() sources.Mention {
	address := canonical(a.URL)
	h := sha256.Sum256([]byte(address))
	m := sources.Mention{ID: platform + ":" + hex.EncodeToString(h[:12]), Platform: platform, Kind: sources.Article, Title: tidy(a.Title), Truncated: true,
		CreatedAt: a.Seen.at, CreatedPrecision: "indexed", Permalink: address, Lang: languages[a.Language], Author: sources.Author{Name: a.Domain}, Visibility: "public"}
	if m.Title == "" {
		m.Title = address
	}
	if a.Image != "" {
		m.Media = []sources.Media{{Type: "image", URL: a.Image}}
	}
	return m
}

// canonical is the address that the same article has wherever it is linked from.
func canonical(raw string) string {
	u, err := url.Parse(sources.CleanURL(raw))
	if err != nil || u.Host == "" {
		return raw
	}
	u.Fragment, u.RawFragment = "", ""
	u.Host = strings.TrimPrefix(u.Host, "amp.")
	for _, end := range []string{"/amp", "/amp/"} {
		if p, ok := strings.CutSuffix(u.Path, end); ok && p != "" {
			u.Path, u.RawPath = p, ""
		}
	}
	if strings.Contains(u.RawQuery, "amp") {
		q := u.Query()
		q.Del("amp")
		if q.Get("outputType") == "amp" {
			q.Del("outputType")
		}
		u.RawQuery = q.Encode()
	}
	return u.String()
}

var spaced = strings.NewReplacer(" ,", ",", " .", ".", " :", ":", " ;", ";", " !", "!", " ?", "?", " 's ", "'s ", " ’s ", "’s ", "( ", "(", " )", ")")

// tidy takes out the spaces that GDELT puts around punctuation.
func tidy(title string) string { return spaced.Replace(strings.Join(strings.Fields(title), " ")) }
