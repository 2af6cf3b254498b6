package wechat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is the comments on an Official Account's own articles.
var Connector = sources.Connector{
	Name: "wechat", Title: "WeChat", New: New, Every: every, Recheck: 24 * time.Hour, Batch: 1000,
	About: sources.About{
		Reads: "Comments on the council's own Official Account articles, those that you name.",
		Access: "App ID and secret of a verified Official Account that has the comment feature, from its admin pages (Settings and Development). Put this server's " +
			"address on the account's allow list, and let no other program exchange the same secret for tokens.",
		Price:    "Nothing for reading.",
		Approval: "Weeks, for the verification of an account; the comment feature is WeChat's to grant.",
		Cannot:   "Moments, chats, groups and other accounts' articles, which have no interface: use staff reports, and feeds of Chinese-language news sites.",
	},
	Options: []sources.Field{
		{Name: "articles", Label: "Articles", Needed: true, Example: "2247483650:0 https://mp.weixin.qq.com/s/abc; 2247483651",
			Hint: "For each the msg_data_id that sending it returned, a colon and its place in the message from 0, a space and its address; separated by semicolons."},
	},
	Keys: []sources.Field{
		{Name: "app_id", Label: "App ID", Hint: "Begins with wx.", Needed: true},
		{Name: "app_secret", Label: "App secret", Hint: "Shown once on the admin pages.", Needed: true},
	},
}

const (
	every    = 15 * time.Minute
	host     = "https://api.weixin.qq.com"
	listPath = "/cgi-bin/comment/list"
	pageSize = 49 // 50 is refused
	lookback = 365 * 24 * time.Hour
)

type account struct {
	articles []article
	call     *sources.Caller
	tokens   *sources.Tokens
	sources.Poller
}

// article is one of a message's articles.
type article struct {
	message uint32
	index   int
	link    string
}

var (
	_ sources.Rechecker = (*account)(nil)
	_ sources.Threader  = (*account)(nil)
)

// New makes the reader of an account's comments.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	articles, err := parseArticles(s.Options["articles"])
	if err != nil {
		return nil, err
	}
	x := &account{articles: articles}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "WeChat", Now: d.Now, Asks: []string{listPath}, Auth: func(r *http.Request) error {
		token, err := x.tokens.Token(r.Context())
		r.URL.RawQuery = url.Values{"access_token": {token}}.Encode()
		return err
	}}
	x.tokens = &sources.Tokens{Caller: x.call, Source: s.ID, Deps: d, ClientID: "app_id", Secret: "app_secret", Ask: exchange,
		Form: url.Values{"grant_type": {"client_credential"}}}
	var lists []sources.Fetch
	for _, a := range articles {
		lists = append(lists, sources.Unordered(x.list(a, (*comment).mention)))
	}
	x.Poller = sources.Poller{Fetch: sources.Chain(lists...), Every: sources.Every(s, every), Overlap: 10 * time.Minute, Lookback: lookback, Now: d.Now}
	return x, nil
}

func parseArticles(s string) ([]article, error) {
	var out []article
	for _, part := range sources.PartsOption(s, ";") {
		number, link, _ := strings.Cut(part, " ")
		message, index, _ := strings.Cut(number, ":")
		m, err := strconv.ParseUint(message, 10, 32)
		i, bad := strconv.ParseUint(cmp.Or(index, "0"), 10, 8)
		if err != nil || bad != nil {
			return nil, fmt.Errorf("articles holds %q, which is no msg_data_id with a place in its message, such as 2247483650:0", number)
		}
		out = append(out, article{uint32(m), int(i), strings.TrimSpace(link)})
	}
	if len(out) == 0 {
		return nil, errors.New("a WeChat source needs the option articles, such as 2247483650:0 https://mp.weixin.qq.com/s/abc")
	}
	return out, nil
}

// exchange asks for a token in WeChat's own words.
func exchange(ctx context.Context, c *sources.Caller, form url.Values) (sources.Grant, error) {
	var out struct {
		sources.Grant
		Code int `json:"errcode"`
	}
	q := url.Values{"grant_type": form["grant_type"], "appid": form["client_id"], "secret": form["client_secret"]}
	if _, err := c.GetJSON(ctx, host+"/cgi-bin/token?"+q.Encode(), &out); err != nil {
		return out.Grant, err
	}
	switch out.Code {
	case 0, codeBusy, codeQuota:
		return out.Grant, judge(out.Code, c.Now)
	}
	return out.Grant, sources.Stopf("WeChat gives no token for this app ID and secret (%d). Check both, and that this server's address is on the account's allow list.", out.Code)
}

const (
	codeBusy      = -1
	codeToken     = 40001
	codeExpired   = 42001
	codeQuota     = 45009
	codePrivilege = 88000
)

var china = time.FixedZone("CST", 8*60*60)

// judge makes an error of an answer's errcode.
func judge(code int, now func() time.Time) error {
	if now == nil {
		now = time.Now
	}
	switch code {
	case 0:
		return nil
	case codeBusy:
		return &sources.Fault{Sentence: "WeChat is busy (-1). It is tried again."}
	case codeToken, codeExpired:
		return sources.Stopf("WeChat does not accept the token (%d). Check that no other program exchanges the same app secret, then save the source again.", code)
	case codeQuota:
		y, m, d := now().In(china).Date()
		return sources.Waitf(time.Date(y, m, d+1, 0, 0, 0, 0, china), "WeChat's requests of today are used up (45009). It is asked again after midnight in China.")
	case codePrivilege:
		return sources.Stopf("This WeChat account has no comment privilege (88000), so there is nothing to read. Remove the source, or ask WeChat for the feature.")
	}
	return &sources.Fault{Sentence: fmt.Sprintf("WeChat refuses the request (%d). It is tried again.", code)}
}

// list is what as makes of each of the comments on an article. Its token is where a page begins.
func (x *account) list(a article, as func(*comment, article) sources.Mention) sources.Fetch {
	return func(ctx context.Context, r sources.PageRequest) (p sources.Page, err error) {
		var out struct {
			Code     int       `json:"errcode"`
			Total    int       `json:"total"`
			Comments []comment `json:"comment"`
		}
		begin := r.Number(0)
		question := map[string]any{"msg_data_id": a.message, "index": a.index, "begin": begin, "count": pageSize, "type": 0}
		if _, err := x.call.PostJSON(ctx, host+listPath, question, &out); err != nil {
			return p, err
		}
		if err = judge(out.Code, x.Poller.Now); out.Code == codeToken || out.Code == codeExpired {
			err = x.tokens.Renew(err)
		}
		p.Items = sources.Items(out.Comments, func(c *comment) sources.Mention { return as(c, a) })
		if next := begin + len(out.Comments); next > begin && next < out.Total {
			p.Next = strconv.Itoa(next)
		}
		return p, err
	}
}

// Recheck lists the articles of held.
func (x *account) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	wanted, listed := map[string]bool{}, map[string]bool{}
	for i := range held {
		wanted[held[i].ThreadID] = true
	}
	shown := map[string]sources.Mention{}
	for _, a := range x.articles {
		if !wanted[a.id()] {
			continue
		}
		list, err := sources.Shown(ctx, x.list(a, (*comment).mention))
		if err != nil {
			return nil, err
		}
		listed[a.id()] = true
		maps.Copy(shown, list)
	}
	return sources.Relisted(held, shown, func(m *sources.Mention) bool { return listed[m.ThreadID] }, x.Poller.Time()), nil
}

// Thread brings the account's reply to m.
func (x *account) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	i := slices.IndexFunc(x.articles, func(a article) bool { return a.id() == m.ThreadID })
	if i < 0 {
		return nil, nil
	}
	replies, err := sources.Shown(ctx, x.list(x.articles[i], (*comment).answer))
	if reply, ok := replies[replyID(m.ID)]; ok {
		return []sources.Mention{reply}, nil
	}
	return nil, err
}
