package settings

import (
	"bytes"
	"errors"
	"fmt"

	"gopkg.in/yaml.v3"
)

// ErrNoSource is returned by DropSource for a source that the file does not hold.
var ErrNoSource = errors.New("settings: there is no such source")

// PutSource returns the content of sources.yaml with s in the place of the source of its ID, or at the end. Other sources and the comments
// beside them stay as they are, but for spacing; comments inside the entry that is replaced are lost.
func PutSource(file []byte, s Source) ([]byte, error) {
	var entry yaml.Node
	if err := entry.Encode(s); err != nil {
		return nil, fmt.Errorf("write source %q: %w", s.ID, err)
	}
	return editSources(file, func(list *yaml.Node) error {
		if i := sourceAt(list, s.ID); i >= 0 {
			entry.HeadComment, entry.FootComment = list.Content[i].HeadComment, list.Content[i].FootComment
			list.Content[i] = &entry
			return nil
		}
		list.Content = append(list.Content, &entry)
		return nil
	})
}

// DropSource returns the content of sources.yaml without the source id.
func DropSource(file []byte, id string) ([]byte, error) {
	return editSources(file, func(list *yaml.Node) error {
		i := sourceAt(list, id)
		if i < 0 {
			return ErrNoSource
		}
		list.Content = append(list.Content[:i], list.Content[i+1:]...)
		return nil
	})
}

// editSources lets edit change the list of sources in file, which is made where it is missing.
func editSources(file []byte, edit func(list *yaml.Node) error) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(stripBOM(file), &doc); err != nil {
		return nil, fmt.Errorf("read %s: %w", SourcesFile, err)
	}
	if len(doc.Content) == 0 { // an empty file, or one of comments alone
		doc = yaml.Node{Kind: yaml.DocumentNode, HeadComment: doc.HeadComment, FootComment: doc.FootComment, Content: []*yaml.Node{{Kind: yaml.MappingNode}}}
	}
	list, err := sourceList(doc.Content[0])
	if err != nil {
		return nil, err
	}
	if err := edit(list); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := errors.Join(e.Encode(&doc), e.Close()); err != nil {
		return nil, fmt.Errorf("write %s: %w", SourcesFile, err)
	}
	return out.Bytes(), nil
}

func sourceList(root *yaml.Node) (*yaml.Node, error) {
	if root.Kind != yaml.MappingNode {
		return nil, Fault{File: SourcesFile, Problem: "the file is not a list of sources"}
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value != "sources" {
			continue
		}
		if list := root.Content[i+1]; list.Kind == yaml.SequenceNode {
			if len(list.Content) == 0 {
				list.Style = 0 // "sources: []" goes on as one entry a line
			}
			return list, nil
		}
		root.Content[i+1] = &yaml.Node{Kind: yaml.SequenceNode}
		return root.Content[i+1], nil
	}
	list := &yaml.Node{Kind: yaml.SequenceNode}
	root.Content = append(root.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: "sources"}, list)
	return list, nil
}

// sourceAt is where list holds the source id, or -1.
func sourceAt(list *yaml.Node, id string) int {
	for i, n := range list.Content {
		for k := 0; k+1 < len(n.Content); k += 2 {
			if n.Content[k].Value == "id" && n.Content[k+1].Value == id {
				return i
			}
		}
	}
	return -1
}
