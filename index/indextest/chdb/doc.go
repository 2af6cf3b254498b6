// Package chdb answers ClickHouse's HTTP protocol with the real engine, for tests on machines without a ClickHouse server: libchdb.so is
// ClickHouse as a library, loaded at run time; cmd/chdbd is the program around it. install.sh fetches the library from npm.
//
// It speaks what clickhouse-go's HTTP side needs and no more: queries answered in Native format, inserts of one Native body, settings in the address.
// The library writes Native in the oldest revision, so a result is decoded and encoded again in the revision that the client
// asked for. Queries run one after another, because the library has one session and the database is a state of it. There is no
// authentication: it listens on loopback, for tests.
package chdb
