# fairport: `make` builds into build/, `make demo` runs the founding experiment, `make check`
# proves it. `make help` lists the rest. Options: V=1 DEBUG=1 WERROR=1 SANITIZE=address,undefined

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

CC      ?= cc
CLANG   ?= clang
BPFTOOL ?= $(shell command -v bpftool || echo /usr/sbin/bpftool)
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/fairport

B := build
ifeq ($(CC),)
CC := cc
endif
CFLAGS   ?= $(if $(DEBUG),-Og -g3,-O2 -g)
CPPFLAGS += -I. -I$(B) -D_GNU_SOURCE
CFLAGS   += -std=c11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -MMD -MP
CFLAGS   += $(if $(WERROR),-Werror) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)
LDFLAGS  += $(if $(SANITIZE),-fsanitize=$(SANITIZE))

msg = @printf '  %-7s %s\n' $(1) $(2)
ifeq ($(V),1)
Q :=
msg = @:
else
Q := @
endif

# Each program is every .c file of its list; what it needs beyond libc is in lib_PROGRAM.
common  := $(patsubst %.c,$(B)/%.o,$(wildcard common/*.c))
objects  = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)/*.c))

obj_fake    := $(call objects,faker)
obj_receive := $(call objects,receiver)
obj_probe   := $(filter-out %.bpf.o,$(call objects,probes))
obj_report  := $(call objects,analysis)
obj_run     := $(call objects,lab)
obj_front   := $(call objects,lab/front)

pkg = $(shell pkg-config --exists $(1) 2>/dev/null && echo yes)

lib_fake    := -lm
lib_receive := $(shell pkg-config --libs libpq 2>/dev/null) -lm
lib_probe   := $(shell pkg-config --libs libbpf 2>/dev/null) -lm
lib_report  := $(shell pkg-config --libs jansson gsl 2>/dev/null) -lm
lib_run     := $(shell pkg-config --libs inih jansson libpq 2>/dev/null) -lm
lib_front   := -lm
CPPFLAGS    += $(shell pkg-config --cflags libpq 2>/dev/null)

# A program whose dependency is missing is named in one line; the rest builds.
programs := fake
programs += $(if $(call pkg,libpq),receive)
programs += $(if $(and $(call pkg,libbpf),$(shell command -v $(CLANG)),$(wildcard $(BPFTOOL))),probe)
programs += $(if $(call pkg,jansson gsl),report)
programs += $(if $(call pkg,inih jansson libpq),run)
missing  := $(filter-out $(programs),fake receive probe report run)
need_receive := libpq
need_probe   := libbpf, clang and bpftool
need_report  := jansson and gsl
need_run     := inih, jansson and libpq

binaries := $(addprefix $(B)/bin/fairport-,$(programs)) $(B)/bin/fairport

# What programs read at run time stands where they find it once installed: ../share/fairport.
share := $(B)/share/fairport
data  := $(patsubst probes/%,$(share)/%,$(wildcard probes/*.bt)) \
	 $(patsubst analysis/%,$(share)/%,$(wildcard analysis/plots/*.gp)) \
	 $(patsubst %,$(share)/%,$(wildcard scenarios/*.conf))

all: $(binaries) $(data)
	$(foreach p,$(missing),@echo 'not built: fairport-$(p) needs $(need_$(p)); see make deps'$(newline))

define newline


endef

define program_rule
$$(B)/bin/$(2): $$(obj_$(1)) $$(B)/libcommon.a
	$$(call msg,LINK,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(lib_$(1))
endef
$(foreach p,fake receive probe report run,$(eval $(call program_rule,$(p),fairport-$(p))))
$(eval $(call program_rule,front,fairport))

$(B)/libcommon.a: $(common)
	$(call msg,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/%.o: %.c
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

copy = $(Q)mkdir -p $(@D) && cp $< $@
$(share)/%.bt: probes/%.bt
	$(copy)
$(share)/plots/%: analysis/plots/%
	$(copy)
$(share)/scenarios/%: scenarios/%
	$(copy)

# BPF: x.bpf.c -> x.bpf.o -> x.skel.h, which probes/x.c includes.
bpf_arch := $(shell uname -m | sed 's/x86_64/x86/;s/aarch64/arm64/;s/ppc64le/powerpc/')
bpf_skeletons := $(patsubst %.bpf.c,$(B)/%.skel.h,$(wildcard probes/*.bpf.c))

$(B)/%.bpf.o: %.bpf.c $(wildcard probes/*.h)
	$(call msg,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -target bpf -mcpu=v3 -O2 -g -Wall $(if $(WERROR),-Werror) -I. \
		-D__TARGET_ARCH_$(bpf_arch) -idirafter /usr/include/$(shell uname -m)-linux-gnu \
		-c -o $@ $<

$(B)/%.skel.h: $(B)/%.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $(notdir $*)_bpf > $@

$(obj_probe): $(bpf_skeletons)
.SECONDARY: $(bpf_skeletons:.skel.h=.bpf.o)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
