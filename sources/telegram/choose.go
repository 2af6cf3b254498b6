package telegram

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"earshot/sources"
)

// chatsNamed is how many chats a sentence names.
const chatsNamed = 20

// choose reads nothing, and says which chats there are to choose from. It confirms no update, so that what waits is read once the choice is made.
func (x *bot) choose(ctx context.Context, _ sources.PageRequest) (sources.Page, error) {
	var out struct {
		Result []update `json:"result"`
	}
	q := url.Values{"limit": {strconv.Itoa(pageSize)}, "allowed_updates": {updates}}
	if _, err := x.call.GetJSON(ctx, api+"getUpdates?"+q.Encode(), &out); err != nil {
		return sources.Page{}, err
	}
	var chats []account
	place := map[sources.ID]int{} // in chats
	for i := range out.Result {
		c, left := out.Result[i].chat()
		if c == nil || !c.open() {
			continue
		}
		k, known := place[c.ID]
		if !known {
			k = len(chats)
			place[c.ID], chats = k, append(chats, *c)
		}
		chats[k] = *c
		if left {
			chats[k].ID = ""
		}
	}
	return sources.Page{}, chooseAmong(chats)
}

// chooseAmong is the sentence for the officer; chats without an ID were left.
func chooseAmong(chats []account) error {
	var names []string
	more := 0
	for _, c := range chats {
		switch {
		case c.ID == "":
		case len(names) == chatsNamed:
			more++
		default:
			names = append(names, fmt.Sprintf("%s (%s)", c.ID, c.Title))
		}
	}
	switch {
	case len(names) == 0:
		return sources.Stopf("The bot sees no group or channel yet: invite it, let somebody write there, and press Test.")
	case more > 0:
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return sources.Stopf("Enter under “Groups and channels” which of those that the bot sees are to be read: %s.", strings.Join(names, ", "))
}

// chooseByLink is choose where a webhook takes the updates.
func (x *bot) chooseByLink(context.Context, sources.PageRequest) (sources.Page, error) {
	return sources.Page{}, sources.Stopf("Enter under “Groups and channels” what is to be read: the @name, or the ID, which is -100 before the number in the link of any message there, such as t.me/c/1234567890/5.")
}

// chat is where an update happened, and whether the bot is there no more.
func (u *update) chat() (c *account, left bool) {
	for _, m := range []*message{u.Message, u.Edited, u.Post, u.EditedPost} {
		if m != nil {
			return &m.Chat, false
		}
	}
	if u.Member == nil {
		return nil, false
	}
	return &u.Member.Chat, u.Member.New.Status == "left" || u.Member.New.Status == "kicked"
}
