package topic

import (
	"fmt"

	"github.com/segmentio/kafka-go/protocol"
)

// DeleteRecords, which kafka-go can send but does not know: API key 21, versions 0 and 1.

func init() { protocol.Register(&deleteRequest{}, &deleteResponse{}) }

type deleteRequest struct {
	Topics    []deleteTopic `kafka:"min=v0,max=v1"`
	TimeoutMs int32         `kafka:"min=v0,max=v1"`
}

type deleteTopic struct {
	Name       string            `kafka:"min=v0,max=v1"`
	Partitions []deletePartition `kafka:"min=v0,max=v1"`
}

type deletePartition struct {
	Partition int32 `kafka:"min=v0,max=v1"`
	Offset    int64 `kafka:"min=v0,max=v1"`
}

// ApiKey implements protocol.Message.
func (r *deleteRequest) ApiKey() protocol.ApiKey { return protocol.DeleteRecords }

// Broker implements protocol.BrokerMessage: the request goes to the partition's leader. It holds one partition.
func (r *deleteRequest) Broker(cluster protocol.Cluster) (protocol.Broker, error) {
	t, p := r.Topics[0], r.Topics[0].Partitions[0]
	topic, ok := cluster.Topics[t.Name]
	if !ok {
		return protocol.Broker{ID: -1}, fmt.Errorf("topic %s is unknown to the brokers", t.Name)
	}
	b, ok := cluster.Brokers[topic.Partitions[p.Partition].Leader]
	if !ok {
		return protocol.Broker{ID: -1}, fmt.Errorf("partition %s/%d has no leader", t.Name, p.Partition)
	}
	return b, nil
}

type deleteResponse struct {
	ThrottleTimeMs int32               `kafka:"min=v0,max=v1"`
	Topics         []deleteTopicResult `kafka:"min=v0,max=v1"`
}

type deleteTopicResult struct {
	Name       string                  `kafka:"min=v0,max=v1"`
	Partitions []deletePartitionResult `kafka:"min=v0,max=v1"`
}

type deletePartitionResult struct {
	Partition    int32 `kafka:"min=v0,max=v1"`
	LowWatermark int64 `kafka:"min=v0,max=v1"`
	ErrorCode    int16 `kafka:"min=v0,max=v1"`
}

// ApiKey implements protocol.Message.
func (r *deleteResponse) ApiKey() protocol.ApiKey { return protocol.DeleteRecords }
