package cmdtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// client is as patient as a script of a council's would be.
var client = &http.Client{Timeout: 30 * time.Second}

// Get asks the API and decodes its answer.
func (p *Program) Get(path string, into any) error {
	return p.Call(http.MethodGet, path, "", nil, into)
}

// Call sends a request with the token, and decodes the answer unless into is nil. An answer that is not 2xx is an error.
func (p *Program) Call(method, path, contentType string, body io.Reader, into any) error {
	req, err := http.NewRequest(method, "http://"+p.Addr+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+p.Token)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, b)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(b, into)
}

// Total is how many mentions a search finds.
func (p *Program) Total(q string) (int, error) {
	var r struct{ Total int }
	err := p.Get("/api/v1/mentions?limit=0&q="+url.QueryEscape(q), &r)
	return r.Total, err
}
