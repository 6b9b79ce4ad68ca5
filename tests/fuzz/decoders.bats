# What reads compressed bytes and modules; see tests/fuzz/run.
load common

@test "gunzip and zlib agree on any bytes" { fuzz gunzip; }
@test "unxz and liblzma agree on any bytes" { fuzz unxz; }
@test "lzma2 and liblzma agree on any bytes" { fuzz lzma2; }
@test "unzstd and libzstd agree on any bytes" { fuzz unzstd; }
@test "a module of any bytes is read the same from memory and file, and forges no line" { fuzz elf; }
@test "device tables and aliases of any bytes give the same lines again, and forge none" { fuzz tables; }
@test "symbols of a 2.4 module of any bytes are told the same again" { fuzz ksymtab; }
