# linkaudit: make, make demo, make check, make install; and for people who carry on
#
#   estate, unit                    the stand-in estate; the unit tests, run
#   fuzz, soak, memcheck, bench     longer runs: fuzz targets, estates by chance, the demo under valgrind, measurements
#   deps, demo-deps, check-deps, bench-deps     install the Debian packages that are missing
#   schema, screenshots, format     make reports/report.xsd, the README's pictures, the layout of the source
#   clean                           removes build/
#
#   SANITIZE=1   Address- and UndefinedBehaviorSanitizer, in a build folder of their own
#   VALGRIND=1   a build that valgrind can watch: without the system-call filter and the limits of memory
#   BUILD=DIR    another build folder; those of the sanitizers and of valgrind are made within it
#   PREFIX=, DESTDIR=   where `make install` puts things

VERSION  := 0.1.0
PREFIX   ?= /usr/local
DESTDIR  ?=
SANITIZE ?=
VALGRIND ?=
BUILD    ?= build$(if $(SANITIZE),/sanitized)$(if $(VALGRIND),/valgrind)

# What check, fuzz, soak and memcheck test.
SANITIZED := $(BUILD)$(if $(SANITIZE),,/sanitized)
WATCHED   := $(BUILD)$(if $(VALGRIND),,/valgrind)

CC       ?= cc
PACKAGES := odbc odbcinst libxml-2.0 libxslt libexslt openssl libuv libcares ini_config libseccomp
PACKAGE_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += --jobs=$(shell nproc)
endif
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
            -Wwrite-strings -Wformat=2 -Wvla -Wundef -Wimplicit-fallthrough
# A comma that can stand within $(if).
,        := ,
HARDEN   := $(if $(SANITIZE),-fsanitize=address$(,)undefined -fno-omit-frame-pointer -fno-sanitize-recover=all,\
            -D_FORTIFY_SOURCE=2 -fstack-protector-strong)
CFLAGS   ?= -O2 -g
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -DLINKAUDIT_VERSION='"$(VERSION)"' $(CFLAGS) $(WARNINGS) $(HARDEN) \
            $(if $(VALGRIND),-DLINKAUDIT_VALGRIND) -fPIE -I. -MMD -MP $(PACKAGE_CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(if $(SANITIZE),-fsanitize=address$(,)undefined) $(LDFLAGS)
LIBS     := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)

SOURCES  := $(wildcard audit/*.c audit/*/*.c odbc/*.c reports/*.c)
OBJECTS  := $(SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/embedded_files.o
LIBRARY  := $(BUILD)/liblinkaudit.a
EMBEDDED := $(wildcard sql/*.sql reports/report.*)

all: $(BUILD)/linkaudit

$(BUILD)/linkaudit: $(BUILD)/audit/main.o $(LIBRARY)
	@echo "  LINK    $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(LIBRARY): $(filter-out $(BUILD)/audit/main.o,$(OBJECTS))
	@echo "  AR      $@"
	@rm -f $@ && ar rcs $@ $^

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(ALL_CFLAGS) -c -o $@ $<

# The SQL, the schema, the stylesheet, the CSS and the script become part of the binary.
$(BUILD)/embedded_files.c: $(EMBEDDED) Makefile
	@mkdir -p $(@D)
	@{ echo '#include "audit/embedded.h"'; n=0; \
	   for f in $(sort $(EMBEDDED)); do n=$$((n+1)); \
	     printf '%s\n' "__asm__(\".section .rodata\\nembedded_$$n: .incbin \\\"$$f\\\"\\nembedded_end_$$n: .byte 0\\n.previous\");"; \
	     echo "extern const char embedded_$$n[], embedded_end_$$n[];"; done; \
	   echo 'const struct embedded_file embedded_files[] = {'; n=0; \
	   for f in $(sort $(EMBEDDED)); do n=$$((n+1)); echo "{\"$$f\", embedded_$$n, embedded_end_$$n},"; done; \
	   echo '{0}};'; } > $@
$(BUILD)/embedded_files.o: $(BUILD)/embedded_files.c
	@$(CC) $(ALL_CFLAGS) -c -o $@ $<

# The stand-in estate of the demo and the tests: a program of its own that includes nothing of linkaudit.
ESTATE_SOURCES := $(wildcard tests/estate/*.c)
ESTATE_LIBS    := $(shell pkg-config --libs openssl sqlite3 2>/dev/null) -lpthread
$(BUILD)/estate: $(ESTATE_SOURCES:%.c=$(BUILD)/%.o)
	@echo "  LINK    $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ESTATE_LIBS)
estate: $(BUILD)/estate

# Unit test programs, each named after what it tests: tests/unit/test_X.c.
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcmocka
unit: $(UNIT_TESTS)
	@set -e; for t in $(UNIT_TESTS); do echo "== $$t"; $$t; done

# Programs and ODBC drivers that the integration tests use: tests/integration/X.c
$(BUILD)/integration/%.so: tests/integration/%.c Makefile
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -MT $@ -MF $@.d -fPIC -shared -o $@ $<
$(BUILD)/integration/%: $(BUILD)/tests/integration/%.o $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
# Everything that a test needs, with the sanitizers. The fuzz targets need clang's.
FUZZERS   := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%.program,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_FLAGS = -std=c17 -D_GNU_SOURCE -DLINKAUDIT_VERSION='"$(VERSION)"' -O1 -g -w -I. -MMD -MP \
             -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all $(PACKAGE_CFLAGS)
$(BUILD)/fuzz/objects/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CLANG   $<"
	@clang $(FUZZ_FLAGS) -c -o $@ $<
$(BUILD)/fuzz/objects/embedded_files.o: $(BUILD)/embedded_files.c
	@mkdir -p $(@D)
	@clang $(FUZZ_FLAGS) -c -o $@ $<
$(BUILD)/fuzz/library.a: $(patsubst %.c,$(BUILD)/fuzz/objects/%.o,$(filter-out audit/main.c,$(SOURCES))) \
                         $(BUILD)/fuzz/objects/embedded_files.o
	@echo "  AR      $@"
	@rm -f $@ && ar rcs $@ $^
$(BUILD)/fuzz/%.program: $(BUILD)/fuzz/objects/tests/fuzz/%.o $(BUILD)/fuzz/library.a
	@echo "  LINK    $@"
	@clang -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIBS)

# bad_driver.c is an ODBC driver that misbehaves; the others are programs.
INTEGRATION   := $(patsubst tests/integration/%.c,$(BUILD)/integration/%,$(wildcard tests/integration/*.c))
TEST_PROGRAMS := $(patsubst %/bad_driver,%/bad_driver.so,$(INTEGRATION))

# ---- what people call ----------------------------------------------------------------------------------

deps:
	@sh tests/packages.sh build
demo-deps:
	@sh tests/packages.sh demo
check-deps:
	@sh tests/packages.sh check
bench-deps:
	@sh tests/packages.sh bench

demo: demo-deps
	@$(MAKE) -s all estate
	@sh tests/demo.sh $(BUILD)

check: check-deps
	@$(MAKE) -s all estate $(addprefix $(BUILD)/unit/,test_sandbox test_secret) $(addprefix $(BUILD)/integration/,probe_driver collector_driver bad_driver.so)
	@$(MAKE) -s SANITIZE=1 BUILD=$(SANITIZED) check-programs
	@bash tests/check.sh $(SANITIZED) $(BUILD)
check-programs: all estate $(UNIT_TESTS) $(BUILD)/unit/make_report $(FUZZERS) $(TEST_PROGRAMS)

# Longer runs of the fuzz targets: make fuzz FUZZ_SECONDS=600
FUZZ_SECONDS ?= 300
fuzz: check-deps
	@$(MAKE) -s SANITIZE=1 BUILD=$(SANITIZED) check-programs
	@set -e; for f in $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c)); do \
	   echo "== $$f"; bash tests/fuzz/run.sh $(SANITIZED) $$f $(FUZZ_SECONDS); done

# Estates by chance: make soak SOAK_SECONDS=3600, and with the seed of one that broke a promise SOAK_SEED=N
soak: check-deps
	@$(MAKE) -s SANITIZE=1 BUILD=$(SANITIZED) all estate
	@bash tests/soak/soak.sh $(SANITIZED)

# The demo under valgrind, every role.
memcheck: check-deps
	@$(MAKE) -s VALGRIND=1 BUILD=$(WATCHED) all estate
	@LINKAUDIT_BUILD=$(abspath $(WATCHED)) bash tests/memcheck.sh $(WATCHED)

bench: bench-deps
	@$(MAKE) -s all estate
	@bash tests/bench/bench.sh $(BUILD)
# The floors that it compares with: tests/bench/X.c
BENCH_PROGRAMS := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c)) $(BUILD)/unit/make_report
$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(LIBRARY)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
bench-programs: $(BENCH_PROGRAMS)

install: all
	install -D -m 0755 $(BUILD)/linkaudit $(DESTDIR)$(PREFIX)/bin/linkaudit
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/linkaudit/sql sql/setup/*
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/linkaudit reports/report.xsd README.md LICENSE
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/man/man1 audit/linkaudit.1
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system audit/linkaudit.service audit/linkaudit.timer
	sed -i 's|@PREFIX@|$(PREFIX)|' $(DESTDIR)$(PREFIX)/lib/systemd/system/linkaudit.service

# The README's pictures: the demo's report in Chromium.
screenshots: check-deps
	@$(MAKE) -s all estate
	@sh tests/demo.sh $(BUILD) >$(BUILD)/demo.log
	node tests/browser/screenshots.mjs $(BUILD)/demo/reports/latest.html reports

# reports/report.xsd follows from the vocabulary.
schema: $(BUILD)/unit/make_schema
	$(BUILD)/unit/make_schema >reports/report.xsd

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf build

# What each object was made of, wherever it lies: the tests' and the fuzz targets' too.
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

.PHONY: all bench-programs estate unit deps demo-deps check-deps bench-deps demo check check-programs fuzz soak memcheck bench install screenshots schema format clean
.SECONDARY:
