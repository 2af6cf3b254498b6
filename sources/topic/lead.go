package topic

import (
	"context"
	"fmt"
)

// Lead runs fn on one node at a time: of all nodes that call it with one name, the one that holds the only partition of Cursors in a
// group of that name. fn's context ends when leadership is lost, and fn must return promptly then; the next leader does not wait longer
// than the session timeout of 6 s for it, so what fn does must bear a short overlap. Lead returns nil when ctx ends or fn returns nil
// as leader, and fn's error otherwise.
func (c *Client) Lead(ctx context.Context, name string, fn func(ctx context.Context) error) error {
	m, err := c.join(ctx, "lead-"+name, []string{Cursors}, false)
	if err != nil || m == nil {
		return err
	}
	defer m.close()
	for {
		gen := m.next(ctx)
		if gen == nil {
			return nil
		}
		leads := len(gen.Assignments[c.name(Cursors)]) > 0
		finished := false
		done, err := m.during(gen, ctx, func(ctx, _ context.Context) error {
			if !leads {
				<-ctx.Done()
				return nil
			}
			c.log.Info("leading", "name", name)
			err := fn(ctx)
			if ctx.Err() != nil {
				return nil
			}
			finished = true
			if err != nil {
				return fmt.Errorf("topic: lead %s: %w", name, err)
			}
			return nil
		})
		if done || finished {
			return err
		}
	}
}
