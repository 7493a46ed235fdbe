#!/usr/bin/env bats
# What the manuals and the README say, against what the programs take: options, defaults, names,
# links. Nothing here runs a program beyond --help.

bats_require_minimum_version 1.5.0

load lib/common

# The manual page of program $1.
page() {
	case $1 in
	fairport-probe | fairport-groups | fairport-top | fairport-doctor | fairport-explain) echo "$TOP/man/$1.8" ;;
	*) echo "$TOP/man/$1.1" ;;
	esac
}

# "-s --source" or "--source" for each option in the help on standard input, its examples left out.
help_options() {
	sed -nE '/^Units:|^Examples:/q; s/^  (-[A-Za-z], |    )(--[a-z0-9-]+).*/\1\2/p' | sed -E 's/^ +//; s/,//' | sort
}

# The same for each option entry of the page on standard input: .It Fl s , Fl -source Ar STRATEGY
page_options() {
	sed -nE 's/^\.It Fl (([A-Za-z]) , Fl )?-([a-z0-9-]+).*/-\2 --\3/p' | sed 's/^- //' | sort
}

# "--rate max" for each option with a default in the help on standard input.
help_defaults() {
	awk '
		/^  (-[A-Za-z],|   ) --/ { match($0, /--[a-z0-9-]+/); option = substr($0, RSTART, RLENGTH) }
		/^$/ { option = "" }
		option && match($0, /\(default [^()]+\)$/) {
			print option, substr($0, RSTART + 9, RLENGTH - 10)
		}'
}

# The entry of option $1 in the page on standard input.
page_entry() {
	awk -v option="Fl ${1#-}" '
		/^\.It Fl / { inside = index($0 " ", option " ") > 0 }
		/^\.S[hs] / { inside = 0 }
		inside'
}

# The commands that a text shows, one a line: "fairport-fake 127.0.0.1:8089 --count 1k". Lines that
# end in a backslash, or in a pipe, go on; prompts, variables, paths and sudo before the name are
# left out, and "fairport fake" is "fairport-fake".
commands_of() {
	sed -E ':again; /(\\|\|)$/ { N; s/\\?\n/ /; b again; }' |
		tr '|;&()' '\n' |
		sed -nE 's/^[#$ \t]*([A-Z_]+=[^ ]* +)*(sudo +|exec +|time +)*([^ ]*\/)?(fairport[- ][a-z].*)/\4/p' |
		sed -E 's/^fairport +/fairport-/'
}

# The fenced code of Markdown, and its text without that code.
markdown_code() {
	awk '/^ *(```|~~~)/ { inside = !inside; next } inside' "$@"
}

markdown_text() {
	awk '/^ *(```|~~~)/ { inside = !inside; next } !inside' "$@"
}

# The examples of manual pages as they are typed.
page_code() {
	sed -nE -e 's/^\.Dl //p' -e '/^\.Bd -literal/,/^\.Ed/ { /^\.[BE]d/d; p; }' "$@" |
		sed 's/\\e/\\/g'
}

# Whether every command that standard input shows exists, and takes its options.
check_commands() {
	local where=$1 program words word known failed=0
	while read -r program words; do
		if [ ! -e "$TOP/man/$program.1" ] && [ ! -e "$TOP/man/$program.8" ]; then
			echo "$where: there is no program $program"
			failed=1
			continue
		fi
		[ -x "$BIN/$program" ] || continue # a library is missing: not built
		known=" $("$BIN/$program" --help | help_options | tr '\n' ' ')"
		for word in $words; do
			[[ $word =~ ^(--[a-z][a-z0-9-]*|-[A-Za-z])(=.*)?$ ]] || continue
			[[ $known == *" ${BASH_REMATCH[1]} "* ]] && continue
			echo "$where: $program does not know ${BASH_REMATCH[1]}"
			failed=1
		done
	done < <(commands_of)
	return "$failed"
}

# Options and defaults of program $1 in its help and in its manual, and the examples of its help.
check_page() {
	local program=$1 option default failed=0
	[ -x "$BIN/$program" ] || skip_because "needs $program, which was not built"
	"$BIN/$program" --help >help.txt
	page_options <"$(page "$program")" >page.txt
	# A parser that finds nothing agrees with everything.
	assert [ "$(help_options <help.txt | wc -l)" -ge 4 ]
	sed '1,/^Examples:/d' help.txt | check_commands "the examples of $program --help"
	diff -u --label "$program --help" --label "$(page "$program")" \
		<(help_options <help.txt) page.txt
	while read -r option default; do
		page_entry "$option" <"$(page "$program")" >entry.txt
		grep -qwF -e "$default" entry.txt && continue
		echo "$program: the entry of $option in its manual lacks the default $default"
		failed=1
	done < <(help_defaults <help.txt)
	return "$failed"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "fairport-fake: help and manual have the same options and defaults" {
	check_page fairport-fake
}

@test "fairport-receive: help and manual have the same options and defaults" {
	check_page fairport-receive
}

@test "fairport-control: help and manual have the same options and defaults" {
	check_page fairport-control
}

@test "fairport-run: help and manual have the same options and defaults" {
	check_page fairport-run
}

@test "fairport-probe: help and manual have the same options and defaults" {
	check_page fairport-probe
}

@test "fairport-groups: help and manual have the same options and defaults" {
	check_page fairport-groups
}

@test "fairport-top: help and manual have the same options and defaults" {
	check_page fairport-top
}

@test "fairport-doctor: help and manual have the same options and defaults" {
	check_page fairport-doctor
}

@test "fairport-report: help and manual have the same options and defaults" {
	check_page fairport-report
}

@test "fairport-explain: help and manual have the same options and defaults" {
	check_page fairport-explain
}

@test "fairport-assert: help and manual have the same options and defaults" {
	check_page fairport-assert
}

@test "fairport: help and manual have the same commands, each with a manual" {
	local command
	"$BIN/fairport" --help | sed -nE 's/^  ([a-z]+) .*/\1/p' | sort >help.txt
	assert [ -s help.txt ]
	diff -u help.txt <(sed -nE 's/^\.It Cm ([a-z]+)$/\1/p' "$TOP/man/fairport.1" | sort)
	while read -r command; do
		assert [ -e "$(page "fairport-$command")" ]
	done <help.txt
}

@test "the help of every program fits 80 columns" {
	for program in "$BIN"/fairport*; do
		run -0 "$program" --help
		refute_line --regexp '^.{81}'
	done
}

@test "every other option that a manual speaks of is one of some program" {
	local program option failed=0
	for program in fake receive control run probe groups top doctor report explain assert; do
		[ -x "$BIN/fairport-$program" ] ||
			skip_because "needs fairport-$program, which was not built"
		"$BIN/fairport-$program" --help | help_options | tr ' ' '\n' >>known.txt
	done
	# Fl -name, wherever it stands; Fl -help | -version names two.
	grep -ohE 'Fl -[a-z0-9-]+( \| -[a-z0-9-]+)*' "$TOP"/man/*.[1-8] | grep -oE -e '-[a-z0-9-]+' |
		sed 's/^/-/' | sort -u >named.txt
	assert [ -s named.txt ]
	while read -r option; do
		grep -qxF -e "$option" known.txt && continue
		echo "no program knows $option, which is named in:"
		grep -lwE "Fl ${option#-}|\\| ${option#-}" "$TOP"/man/*.[1-8]
		failed=1
	done <named.txt
	assert_equal "$failed" 0
}

@test "the commands in manuals exist and take their options" {
	local file failed=0
	page_code "$TOP"/man/*.[1-8] | commands_of >commands.txt
	assert [ "$(wc -l <commands.txt)" -ge 5 ]
	for file in "$TOP"/man/*.[1-8]; do
		page_code "$file" | check_commands "man/${file##*/}" || failed=1
	done
	assert_equal "$failed" 0
}

@test "the commands in README.md and docs exist and take their options" {
	local file failed=0
	for file in "$TOP"/README.md "$TOP"/docs/*.md; do
		[ -e "$file" ] || continue
		markdown_code "$file" >code.txt
		check_commands "${file#"$TOP"/}" <code.txt || failed=1
	done
	assert [ "$(markdown_code "$TOP/README.md" | commands_of | wc -l)" -ge 1 ]
	assert_equal "$failed" 0
}

@test "every program that README.md names has a manual" {
	local program
	# fairport-0.1 and fairport-test-XXXX are no programs.
	grep -oE '\bfairport-[a-z]+[a-z0-9-]*' "$TOP/README.md" | grep -xE 'fairport-[a-z]+' |
		sort -u >named.txt
	assert [ -s named.txt ]
	while read -r program; do
		compgen -G "$TOP/man/$program.[1-8]" >/dev/null ||
			fail "README.md names $program, which has no manual"
	done <named.txt
}

@test "every manual is clean for mandoc's lint" {
	local file
	require_command mandoc
	for file in "$TOP"/man/*.[1-8]; do
		run -0 mandoc -T lint -W warning "$file"
		assert_output ""
	done
}

@test "every manual has the name and section of its file" {
	local file name section
	for file in "$TOP"/man/*.[1-8]; do
		name=${file##*/}
		section=${name##*.}
		name=${name%.*}
		run -0 grep -cixF -e ".Dt $name $section" "$file"
		run -0 grep -cxF -e ".Nm $name" "$file"
	done
}

@test "manuals refer to manuals of ours that exist" {
	local name section failed=0
	sed -nE 's/^\.Xr (fairport[a-z-]*) ([1-8]).*/\1 \2/p' "$TOP"/man/*.[1-8] | sort -u >named.txt
	assert [ -s named.txt ]
	while read -r name section; do
		[ -e "$TOP/man/$name.$section" ] && continue
		echo "there is no man/$name.$section"
		failed=1
	done <named.txt
	assert_equal "$failed" 0
}

@test "every environment variable in a manual is one that a program or libpq reads" {
	local name failed=0
	sed -nE 's/^\.(It )?Ev //p' "$TOP"/man/*.[1-8] | grep -oE '[A-Z_]{2,}' | sort -u >named.txt
	while read -r name; do
		# libpq's, and libsystemd's.
		[[ $name =~ ^(PG|LISTEN_|NOTIFY_) ]] && continue
		grep -rqF --include='*.c' "getenv(\"$name\")" "$TOP" && continue
		echo "no program reads $name"
		failed=1
	done <named.txt
	assert_equal "$failed" 0
}

@test "every page of docs is linked from README.md" {
	local file
	for file in "$TOP"/docs/*.md; do
		grep -qF "](docs/${file##*/})" "$TOP/README.md" || fail "README.md does not link ${file##*/}"
	done
}

@test "every cause that is looked for is explained: in the manual, for scripts, and from what one notices" {
	local cause file failed=0
	sed -nE 's/^\t\{ "([a-z-]+)", cause_[a-z_]+, .*/\1/p' "$TOP/analysis/causes.c" >causes.txt
	assert [ "$(wc -l <causes.txt)" -ge 10 ]
	while read -r cause; do
		for file in man/fairport-explain.8 docs/output-format.md docs/diagnosing.md docs/design.md; do
			grep -qwF -e "$cause" "$TOP/$file" && continue
			echo "$file: nothing about $cause"
			failed=1
		done
	done <causes.txt
	assert_equal "$failed" 0
}

@test "relative links in README.md and docs lead to files" {
	local file target failed=0
	for file in "$TOP"/README.md "$TOP"/docs/*.md; do
		[ -e "$file" ] || continue
		while read -r target; do
			target=${target%%#*}
			[ -z "$target" ] || [ -e "${file%/*}/$target" ] && continue
			echo "${file#"$TOP"/}: $target does not exist"
			failed=1
		done < <(
			# shellcheck disable=SC2016 # backquotes of Markdown
			# [text](target "title"), <img src="target">, <a href="target">, [name]: target
			markdown_text "$file" | sed -E 's/`[^`]*`//g' |
				grep -oE '\]\([^) ]+|(src|href)="[^"]+|^ *\[[^]]+\]: +[^ ]+' |
				sed -E 's/^\]\(<?//; s/>$//; s/^(src|href)="//; s/^ *\[[^]]+\]: +//' |
				grep -vE '^([a-z]+:|#)'
		)
	done
	assert_equal "$failed" 0
}
