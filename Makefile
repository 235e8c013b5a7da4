# linkaudit: make, make demo, make check, make bench, make fuzz, make install, make clean
#
#   SANITIZE=1   Address- and UndefinedBehaviorSanitizer, in a build folder of their own
#   BUILD=DIR    another build folder
#   PREFIX=, DESTDIR=   where `make install` puts things

VERSION  := 0.1.0
PREFIX   ?= /usr/local
DESTDIR  ?=
SANITIZE ?=
BUILD    ?= build$(if $(SANITIZE),/sanitized)

CC       ?= cc
PACKAGES := odbc libxml-2.0 libxslt libexslt openssl libuv libcares ini_config libseccomp
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
            -Wwrite-strings -Wformat=2 -Wvla -Wundef -Wimplicit-fallthrough
# A comma that can stand within $(if).
,        := ,
HARDEN   := $(if $(SANITIZE),-fsanitize=address$(,)undefined -fno-omit-frame-pointer -fno-sanitize-recover=all,\
            -D_FORTIFY_SOURCE=2 -fstack-protector-strong)
CFLAGS   ?= -O2 -g
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -DLINKAUDIT_VERSION='"$(VERSION)"' $(CFLAGS) $(WARNINGS) $(HARDEN) \
            -fPIE -I. -MMD -MP $(shell pkg-config --cflags $(PACKAGES))
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(if $(SANITIZE),-fsanitize=address$(,)undefined) $(LDFLAGS)
LIBS      = $(shell pkg-config --libs $(PACKAGES))

SOURCES  := $(wildcard audit/*.c audit/*/*.c odbc/*.c reports/*.c)
OBJECTS  := $(SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/embedded_files.o
LIBRARY  := $(BUILD)/liblinkaudit.a
EMBEDDED := $(wildcard sql/*.sql reports/report.*)

all: $(BUILD)/linkaudit

$(BUILD)/linkaudit: $(BUILD)/audit/main.o $(LIBRARY)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(LIBRARY): $(filter-out $(BUILD)/audit/main.o,$(OBJECTS))
	rm -f $@ && ar rcs $@ $^

$(BUILD)/%.o: %.c
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
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# The stand-in estate of the demo and the tests: a program of its own that includes nothing of linkaudit.
ESTATE_SOURCES := $(wildcard tests/estate/*.c)
ESTATE_LIBS     = $(shell pkg-config --libs openssl sqlite3) -lpthread
$(BUILD)/estate: $(ESTATE_SOURCES:%.c=$(BUILD)/%.o)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ESTATE_LIBS)
estate: $(BUILD)/estate

# One unit test program per source file, named after it: tests/unit/test_X.c.
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcmocka
unit: $(UNIT_TESTS)
	@set -e; for t in $(UNIT_TESTS); do echo "== $$t"; $$t; done

# Programs and ODBC drivers that the integration tests use: tests/integration/X.c
$(BUILD)/integration/%.so: tests/integration/%.c
	@mkdir -p $(@D)
	@$(CC) $(ALL_CFLAGS) -fPIC -shared -o $@ $<
$(BUILD)/integration/%: $(BUILD)/tests/integration/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

clean:
	rm -rf build

-include $(OBJECTS:.o=.d) $(UNIT_TESTS:$(BUILD)/unit/%=$(BUILD)/tests/unit/%.d) $(ESTATE_SOURCES:%.c=$(BUILD)/%.d)

.PHONY: all estate unit clean
.SECONDARY:
