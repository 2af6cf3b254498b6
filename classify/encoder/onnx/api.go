package onnx

import "unsafe"

// apiVersion is the version of the C API whose table is asked for. A library serves its own version and every one before it.
const apiVersion = 17

// base is struct OrtApiBase.
type base struct {
	getAPI     uintptr // const OrtApi *(*)(uint32_t version)
	getVersion uintptr // const char *(*)(void)
}

// table is the beginning of struct OrtApi, whose places never change; the last one used here is 130.
type table [131]uintptr

// status is an OrtStatus *, nil when all went well.
type status uintptr

// api is the part of struct OrtApi that is used here. Handles are pointers into the library's memory, which Go never follows.
type api struct {
	errorMessage         func(s status) string
	createEnv            func(severity int32, name string, env *uintptr) status
	disableTelemetry     func(env uintptr) status
	createSession        func(env uintptr, model unsafe.Pointer, bytes uintptr, options uintptr, session *uintptr) status
	run                  func(session, options uintptr, inNames, inputs unsafe.Pointer, ins uintptr, outNames unsafe.Pointer, outs uintptr, outputs unsafe.Pointer) status
	createSessionOptions func(options *uintptr) status
	disableMemPattern    func(options uintptr) status
	setSeverity          func(options uintptr, severity int32) status
	setOptimization      func(options uintptr, level int32) status
	setIntraThreads      func(options uintptr, n int32) status
	setInterThreads      func(options uintptr, n int32) status
	setEntry             func(options uintptr, key, value string) status
	createTensor         func(memory uintptr, data unsafe.Pointer, bytes uintptr, shape unsafe.Pointer, dims uintptr, element int32, value *uintptr) status
	createMemoryInfo     func(allocator, memory int32, info *uintptr) status
	releaseStatus        func(s status)
	releaseSession       func(session uintptr)
	releaseValue         func(value uintptr)
	releaseOptions       func(options uintptr)
}

// bind fills in a from t.
func (a *api) bind(t *table) {
	for place, fn := range map[int]any{
		2: &a.errorMessage, 3: &a.createEnv, 6: &a.disableTelemetry, 8: &a.createSession, 9: &a.run, 10: &a.createSessionOptions,
		17: &a.disableMemPattern, 22: &a.setSeverity, 23: &a.setOptimization, 24: &a.setIntraThreads, 25: &a.setInterThreads,
		49: &a.createTensor, 69: &a.createMemoryInfo, 93: &a.releaseStatus, 95: &a.releaseSession, 96: &a.releaseValue,
		100: &a.releaseOptions, 130: &a.setEntry,
	} {
		register(fn, t[place])
	}
}

// Values of the API's enumerations.
const (
	severityError  = 3  // ORT_LOGGING_LEVEL_ERROR
	optimizeAll    = 99 // ORT_ENABLE_ALL
	allocatorArena = 1  // OrtArenaAllocator
	memoryDefault  = 0  // OrtMemTypeDefault
	elementFloat32 = 1  // ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT
	elementInt64   = 7  // ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64
)
