package onnx

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"
)

// call is what one Run holds on to: Go's memory that the library reads and writes, and the library's handles of it.
type call struct {
	rt      *Runtime
	pinner  runtime.Pinner
	handles []uintptr
}

// end lets go of everything.
func (c *call) end() {
	for _, h := range c.handles {
		c.rt.api.releaseValue(h)
	}
	c.pinner.Unpin()
}

// array pins s, which is not empty, and returns where it begins.
func array[T any](c *call, s []T) unsafe.Pointer {
	c.pinner.Pin(&s[0])
	return unsafe.Pointer(&s[0])
}

// names is an array of C's strings.
func (c *call) names(names [][]byte) unsafe.Pointer {
	out := make([]unsafe.Pointer, len(names))
	for i, n := range names {
		out[i] = array(c, n)
	}
	return array(c, out)
}

// values is an array of the library's handles for tensors.
func (c *call) values(tensors []Tensor) (unsafe.Pointer, error) {
	out := make([]uintptr, len(tensors))
	for i := range tensors {
		h, err := c.value(&tensors[i])
		if err != nil {
			return nil, fmt.Errorf("tensor %d: %w", i, err)
		}
		c.handles = append(c.handles, h)
		out[i] = h
	}
	return array(c, out), nil
}

var errShape = errors.New("its numbers do not fill its shape")

func (c *call) value(t *Tensor) (uintptr, error) {
	places := min(1, len(t.Shape))
	for _, n := range t.Shape {
		places *= int(max(0, n))
	}
	if places == 0 {
		return 0, errShape
	}
	var (
		element int32
		data    unsafe.Pointer
		size    uintptr
	)
	switch places {
	case len(t.Int64):
		element, data, size = elementInt64, array(c, t.Int64), unsafe.Sizeof(t.Int64[0])
	case len(t.Float32):
		element, data, size = elementFloat32, array(c, t.Float32), unsafe.Sizeof(t.Float32[0])
	default:
		return 0, errShape
	}
	var h uintptr
	err := c.rt.check(c.rt.api.createTensor(c.rt.memory, data, uintptr(places)*size, array(c, t.Shape), uintptr(len(t.Shape)), element, &h))
	return h, err
}
