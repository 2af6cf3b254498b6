package web

import (
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"

	"earshot/index"
	"earshot/settings"
)

// SettingsPage lists the settings files in force.
type SettingsPage struct {
	Base
	Files    []index.SettingVersion
	Folder   Settings
	Terms    []string
	CanWrite bool
	Admin    bool
	Problem  string
}

// SettingPage is one settings file as it is in force.
type SettingPage struct {
	Base
	File    index.SettingVersion
	Content string
}

func (s *Server) settings(c *call) error {
	return c.page(http.StatusOK, "settings", s.settingsPage(c, ""))
}

func (s *Server) settingsPage(c *call, problem string) SettingsPage {
	p := SettingsPage{Base: c.base("Settings"), Folder: s.cfg.Settings(), CanWrite: s.cfg.Import != nil, Problem: problem,
		Admin: roleOpens(c.viewer.Role, "/settings/people")}
	p.Files = slices.Clone(p.Folder.Versions)
	slices.SortFunc(p.Files, func(a, b index.SettingVersion) int { return strings.Compare(a.Key, b.Key) })
	if problem != "" {
		p.Base.Title = "Error: Settings"
	}
	return p
}

func (s *Server) settingFile(c *call) error {
	for _, f := range s.cfg.Settings().Versions {
		if f.Key == c.r.PathValue("name") {
			return c.page(http.StatusOK, "setting", SettingPage{c.base(f.Key), f, strings.ToValidUTF8(string(f.Value), "\uFFFD")})
		}
	}
	return errNotFound
}

// importSetting takes one file as `triage settings export` writes it.
func (s *Server) importSetting(c *call) error {
	if s.cfg.Import == nil {
		return errNotFound
	}
	if err := c.r.ParseMultipartForm(formMemory); err != nil {
		return formError(err)
	}
	defer c.r.MultipartForm.RemoveAll()
	if err := c.checkMultipart(); err != nil {
		return err
	}
	files := c.r.MultipartForm.File["file"]
	if len(files) != 1 || files[0].Filename == "" {
		return c.page(http.StatusUnprocessableEntity, "settings", s.settingsPage(c, "Choose a file first."))
	}
	f, err := files[0].Open()
	if err != nil {
		return fmt.Errorf("open the uploaded settings file: %w", err)
	}
	defer f.Close()
	content, err := io.ReadAll(f)
	if err != nil {
		return fmt.Errorf("read the uploaded settings file: %w", err)
	}
	err = s.cfg.Import(c.r.Context(), c.actor(), fileName(c.r.PostForm.Get("as"), files[0].Filename), content)
	if faults := settings.Faults(err); len(faults) > 0 {
		s.metrics.refusal("bad_form")
		var why []string
		for _, f := range faults {
			why = append(why, f.Error())
		}
		return c.page(http.StatusUnprocessableEntity, "settings", s.settingsPage(c, strings.Join(why, " ")))
	}
	if err != nil {
		return err
	}
	return c.redirect("/settings?done=imported")
}

// fileName is the settings file that an upload stands for: the one chosen, else the one it is called. Browsers leave folders out of names,
// and the only folder of the settings is templates, whose files alone are texts.
func fileName(chosen, called string) string {
	switch ext := path.Ext(called); {
	case chosen != "":
		return chosen
	case ext == ".txt", ext == ".md":
		return "templates/" + called
	}
	return called
}
