package chdb

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
)

// transcode turns Native blocks of revision 0 into the same blocks of another revision. Blocks without rows are left out: the client
// takes an empty answer for one.
func transcode(native []byte, revision uint64) ([]byte, error) {
	in := chproto.NewReader(bytes.NewReader(native))
	var out chproto.Buffer
	for {
		block := proto.NewBlock()
		err := block.Decode(in, 0)
		if errors.Is(err, io.EOF) {
			return out.Buf, nil
		}
		if err != nil {
			return nil, fmt.Errorf("decode the engine's answer: %w", err)
		}
		if block.Rows() == 0 {
			continue
		}
		if err := block.Encode(&out, revision); err != nil {
			return nil, fmt.Errorf("encode the answer: %w", err)
		}
	}
}
