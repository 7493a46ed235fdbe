# fairport: `make` builds into build/, `make demo` runs the founding experiment, `make check`
# proves it. `make help` lists the rest. Options: V=1 DEBUG=1 WERROR=1 SANITIZE=address,undefined

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

CLANG   ?= clang
BPFTOOL ?= $(shell command -v bpftool || echo /usr/sbin/bpftool)
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
DATADIR := $(BINDIR)/../share/fairport

B := build
ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS ?= $(if $(DEBUG),-Og -g3,-O2 -g)
sanitize     := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)
all_cppflags := -I. -isystem $(B) -D_GNU_SOURCE $(shell pkg-config --cflags libpq 2>/dev/null) $(CPPFLAGS)
all_cflags   := -std=c11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -MMD -MP \
	$(if $(WERROR),-Werror) $(sanitize) $(CFLAGS)
all_ldflags  := $(sanitize) $(LDFLAGS)

Q   := $(if $(filter 1,$(V)),,@)
msg  = @$(if $(Q),printf '  %-7s %s\n' $(1) $(2),:)

# Each program is every .c file of its list; what it needs beyond libc is in lib_PROGRAM.
common  := $(patsubst %.c,$(B)/%.o,$(wildcard common/*.c))
objects  = $(patsubst %.c,$(B)/%.o,$(filter-out %.bpf.c,$(foreach d,$(1),$(wildcard $(d)/*.c))))

obj_fake    := $(call objects,faker faker/lines faker/engines)
obj_receive := $(call objects,receiver $(addprefix receiver/,engines models pool sinks sinks/postgres steering tcp) common/openmetrics)
obj_control := $(call objects,receiver/control)
obj_probe   := $(call objects,probes/probe probes/tap probes/sockets common/openmetrics)
obj_groups  := $(call objects,probes/groups probes/sockets)
obj_top     := $(call objects,probes/top probes/tap probes/sockets) $(addprefix $(B)/analysis/,distribution.o stats/theory.o)
obj_doctor  := $(call objects,lab/doctor)
analysis    := $(call objects,analysis $(addprefix analysis/,causes read stats))
obj_report  := $(call objects,$(addprefix analysis/,report history compare))
obj_explain := $(call objects,analysis/observe analysis/explain) $(B)/probes/sockets/ports.o
obj_assert  := $(call objects,analysis/observe analysis/assert) $(B)/probes/sockets/ports.o
obj_run     := $(call objects,lab)
obj_front   := $(call objects,lab/front)
pkg = $(shell pkg-config --exists $(1) 2>/dev/null && echo yes)

lib_fake := -pthread
# The libraries of each program, by their pkg-config names; those with BPF need clang and bpftool.
need_control := jansson
need_receive := libpq libbpf libsystemd zlib libmicrohttpd
need_probe   := libbpf libmnl libmicrohttpd
need_groups  := libbpf libmnl jansson
need_top     := libbpf libmnl ncursesw gsl
need_doctor  := libbpf
need_report  := jansson gsl yajl libpq
need_explain := jansson gsl yajl
need_assert  := $(need_explain)
need_run     := inih jansson libpq
with_library := control receive probe groups top doctor report explain assert run
with_bpf     := receive probe groups top
with_analysis := report explain assert
$(foreach p,$(with_library),$(eval lib_$(p) := $(shell pkg-config --libs $(need_$(p)) 2>/dev/null)))

# A program whose dependency is missing is named in one line; the rest builds.
bpf      := $(and $(shell command -v $(CLANG)),$(wildcard $(BPFTOOL)))
programs := fake $(foreach p,$(with_library),$(if $(call pkg,$(need_$(p))),$(if $(bpf),$(p),$(filter-out $(with_bpf),$(p)))))
missing  := $(filter-out $(programs),$(with_library))

binaries := $(addprefix $(B)/bin/fairport-,$(programs)) $(B)/bin/fairport

# What programs read at run time stands where they find it once installed: ../share/fairport.
share := $(B)/share/fairport
data  := $(patsubst probes/%,$(share)/%,$(wildcard probes/*.bt)) \
	 $(patsubst analysis/%,$(share)/%,$(wildcard analysis/plots/*.gp analysis/history/*.sql)) \
	 $(patsubst %,$(share)/%,$(wildcard scenarios/*.conf)) \
	 $(patsubst receiver/sinks/postgres/%,$(share)/%,$(wildcard receiver/sinks/postgres/tables/*.sql))

all: $(binaries) $(data)
	@$(foreach p,$(missing),echo 'not built: fairport-$(p) needs $(need_$(p))$(if $(filter $(p),$(with_bpf)), clang bpftool); see make deps';) :

define program_rule
$$(B)/bin/$(2): $$(obj_$(1)) $(if $(filter $(1),$(with_analysis)),$$(B)/libanalysis.a) $$(B)/libcommon.a
	$$(call msg,LINK,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(all_ldflags) -o $$@ $$^ $$(lib_$(1)) -lm
endef
$(foreach p,fake $(with_library),$(eval $(call program_rule,$(p),fairport-$(p))))
$(eval $(call program_rule,front,fairport))

$(B)/libcommon.a: $(common)
$(B)/libanalysis.a: $(analysis)
$(B)/lib%.a:
	$(call msg,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^
# Other flags than last time: everything anew.
flags := $(CC) $(all_cppflags) $(all_cflags) $(all_ldflags)
ifneq ($(flags),$(shell cat $(B)/flags 2>/dev/null))
.PHONY: $(B)/flags
endif
$(B)/flags:
	$(Q)mkdir -p $(@D) && printf '%s\n' '$(flags)' >$@

$(B)/%.o: %.c $(B)/flags
	$(call msg,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(all_cppflags) $(all_cflags) -c -o $@ $<

copy = $(Q)mkdir -p $(@D) && cp $< $@
$(foreach p,probes/%.bt:%.bt analysis/plots/%:plots/% analysis/history/%:history/% scenarios/%:scenarios/% receiver/sinks/postgres/tables/%:tables/%,\
	$(eval $(share)/$(lastword $(subst :, ,$(p))): $(firstword $(subst :, ,$(p))) ; $$(copy)))

# BPF: x.bpf.c -> x.bpf.o -> x.skel.h, which the loader beside it includes.
bpf_arch := $(shell uname -m | sed 's/x86_64/x86/;s/aarch64/arm64/;s/ppc64le/powerpc/')
bpf_skeletons := $(patsubst %.bpf.c,$(B)/%.skel.h,$(wildcard probes/*/*.bpf.c receiver/steering/*.bpf.c))

$(B)/%.bpf.o: %.bpf.c $(wildcard probes/*.h probes/*/*.h receiver/steering/*.h)
	$(call msg,BPF,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -target bpf -mcpu=v3 -O2 -g -Wall $(if $(WERROR),-Werror) -I. \
		-D__TARGET_ARCH_$(bpf_arch) -idirafter /usr/include/$(shell uname -m)-linux-gnu \
		-c -o $@ $<

$(B)/%.skel.h: $(B)/%.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $(notdir $*)_bpf > $@

$(obj_probe) $(obj_groups) $(obj_top) $(obj_receive): $(bpf_skeletons)
.SECONDARY: $(bpf_skeletons:.skel.h=.bpf.o)

# Unit tests: each tests/unit/test_x.c is a program; beside the libraries it names what it links.
unit_sources := $(wildcard tests/unit/test_*.c)
unit_tests   := $(patsubst tests/unit/%.c,$(B)/tests/%,$(unit_sources))
linked_by     = $(patsubst %.c,$(B)/%.o,$(shell sed -n 's|^/\* link: \(.*\) \*/$$|\1|p' $(1)))
lib_unit     := -lcmocka $(lib_run) $(lib_report) $(lib_receive) $(lib_probe)

define unit_rule
$$(B)/tests/$(1): $$(B)/tests/unit/$(1).o $$(call linked_by,tests/unit/$(1).c) $$(B)/libanalysis.a $$(B)/libcommon.a
	$$(call msg,LINK,$$@)
	$$(Q)$$(CC) $$(all_ldflags) -o $$@ $$^ $$(lib_unit) -lm
endef
$(foreach t,$(notdir $(basename $(unit_sources))),$(eval $(call unit_rule,$(t))))

need_unit := cmocka inih jansson gsl yajl $(need_receive) $(need_probe)
unit: $(if $(call pkg,$(need_unit)),$(unit_tests))
	$(Q)$(if $(call pkg,$(need_unit)),,echo 'no unit tests: they need $(need_unit); see make deps')

# A second make, here as in demo: what can be built depends on what deps installed.
check:
	$(Q)tests/lib/deps.sh --optional $(packages) $(packages_test)
	$(Q)$(MAKE) --no-print-directory all unit
	$(Q)tests/run $(CHECK)

# The founding experiment.
demo:
	$(Q)tests/lib/deps.sh --optional $(packages)
	$(Q)$(MAKE) --no-print-directory all
	$(Q)$(B)/bin/fairport run skewed even

packages_build := make gcc libc6-dev pkg-config libpq-dev libbpf-dev libsystemd-dev zlib1g-dev bpftool clang llvm \
	libjansson-dev libyajl-dev libinih-dev libgsl-dev libmnl-dev libncurses-dev libmicrohttpd-dev
packages_run   := postgresql gnuplot-nox bpftrace iproute2 util-linux
packages_test  := bats bats-assert bats-support libcmocka-dev jq postgresql-client libclang-rt-dev netbase perl-base procps \
	python3-influxdb collectd-core python3 liburing-dev prometheus tmux nginx-light unbound curl python3-prometheus-client \
	chromium libxml2-utils python3-yaml
packages_bench := iperf3 sockperf
packages_lint  := clang-format clang-tidy cppcheck shellcheck shfmt mandoc
packages       := $(packages_build) $(packages_run)

deps:
	$(Q)tests/lib/deps.sh $(packages) $(packages_test) $(packages_bench) $(packages_lint)

c_sources     := $(shell find common faker receiver probes analysis lab tests -name '*.[ch]')
tidy_sources  := $(filter-out %.h %.bpf.c tests/%,$(c_sources))
shell_sources := $(wildcard .ci/run tests/run tests/lib/*.bash tests/lib/*.sh tests/bench/*)
bats_sources  := $(wildcard tests/*.bats)

lint:
	$(call msg,LINT,clang-format)
	$(Q)clang-format --dry-run -Werror $(c_sources)
	$(call msg,LINT,cppcheck)
	$(Q)cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr --force -I. \
		--enable=warning,performance,portability --suppress=missingIncludeSystem \
		$(tidy_sources)
	$(call msg,LINT,clang-tidy)
	$(Q)printf '%s\n' $(tidy_sources) | xargs -P 2 -n 8 sh -c 'clang-tidy --quiet "$$@" -- \
		$(all_cppflags) -std=c11 2>/dev/null' tidy
	$(call msg,LINT,shell)
	$(Q)shellcheck -x $(shell_sources) $(bats_sources)
	$(Q)shfmt -d -i 0 $(shell_sources)
	$(Q)shfmt -d -i 0 -ln bats $(bats_sources)
	$(call msg,LINT,man)
	$(Q)mandoc -T lint -W warning man/*

bench: all
	$(Q)tests/lib/deps.sh --optional $(packages_bench)
	$(Q)for bench in tests/bench/*; do $$bench || exit 1; done

FUZZ ?= 30# seconds
fuzzed := $(wildcard common/*.c) faker/stride.c $(filter-out %/packer.c,$(wildcard faker/lines/*.c)) \
	$(wildcard analysis/read/*.c) $(patsubst %,analysis/%.c,run lives timeline observed agreement joined ledger printable)
fuzz: | $(B)
	$(Q)for target in tests/fuzz/*.c; do program=$(B)/$$(basename $$target .c); \
		$(CLANG) -g -O1 -I. -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined -o $$program \
		$$target $(fuzzed) -ljansson -lyajl -lm && $$program -artifact_prefix=$(B)/ \
		-max_total_time=$(FUZZ) -max_len=512 || exit 1; done

# What the verifier had to look at, program by program.
info: $(B)/bin/fairport-probe $(B)/bin/fairport-receive
	$(Q){ $< --port 9 --wait --with all --by cpu --duration 10ms --verbose; for policy in round-robin least-queue series consistent; do \
		$(B)/bin/fairport-receive 127.0.0.1:0 --steer $$policy --sink null --duration 10ms --verbose; \
		done; } 2>&1 >/dev/null | sed -n 's/^fairport-[a-z]*: program //p'

install: all
	install -D -m 755 -t '$(DESTDIR)$(BINDIR)' $(binaries)
	cd $(share) && find . -type f -exec install -D -m 644 {} '$(abspath $(DESTDIR)$(DATADIR))/{}' \;
	for page in man/*; do install -D -m 644 $$page \
		"$(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}"; done

uninstall:
	cd '$(DESTDIR)$(BINDIR)' && rm -f $(notdir $(binaries))
	rm -rf '$(DESTDIR)$(DATADIR)'
	for page in man/*; do rm -f "$(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}"; done

version := $(shell sed -n 's/.*FAIRPORT_VERSION "\(.*\)"/\1/p' common/version.h)
dist: | $(B)
	git archive --prefix=fairport-$(version)/ -o $(B)/fairport-$(version).tar.gz HEAD

clean:
	rm -rf $(B)
ifneq ($(filter clean,$(MAKECMDGOALS)),)
.NOTPARALLEL: # "make -j clean all" is one after the other
endif

help:
	@echo 'make            build everything into build/'
	@echo 'make demo       install what is missing, build, run the founding experiment'
	@echo 'make check      unit tests and scenarios; CHECK="probe report" picks bats files'
	@echo 'make deps       install the packages (Debian) for building, running, testing, lint'
	@echo 'make lint       clang-format, clang-tidy, cppcheck, shellcheck, shfmt, mandoc'
	@echo 'make bench      measurements, as ratios of interleaved runs'
	@echo 'make fuzz       fuzz lines, schemas and runs, FUZZ=30 seconds each (also info, dist)'
	@echo 'make install    into PREFIX=$(PREFIX) (also uninstall, clean)'

$(B):
	$(Q)mkdir -p $@

.PHONY: all unit check demo deps lint bench fuzz info install uninstall dist clean help

-include $(shell find $(B) -name '*.d' 2>/dev/null)
