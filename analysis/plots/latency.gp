# How long it took: percentiles, on a logarithmic scale.
#
#   gnuplot -d -c latency.gp DATA PREFIX TITLE FINDING LEAST MOST NAME NAME NAME
#
# DATA has a block for each NAME (""; it has none): place on the axis (0 p50, 1 p90, 2 p99, 3 p99.9, 4
# max), nanoseconds, the same as text, and where the text stands: 1 above, -1 below, 0 nowhere. All lie between LEAST and MOST.
# PREFIX.svg and PREFIX.png are written.

load ARG0[1:strstrt(ARG0, "latency.gp") - 1]."style.gp"

data = ARG1
least = ARG5 + 0.0
most = ARG6 + 0.0
array names[3] = [ARG7, ARG8, ARG9]
series = (ARG7 ne "") + (ARG8 ne "") + (ARG9 ne "")
array marks[3] = [7, 5, 9]

unit_text(ns) = ns < 999 ? sprintf("%g ns", ns) : ns < 999999 ? sprintf("%g µs", ns / 1e3) \
	: ns < 999999999 ? sprintf("%g ms", ns / 1e6) : sprintf("%g s", ns / 1e9)
set logscale y
set yrange [least / 2.4:most * 2.2]
set xrange [-0.35:4.45]
set xtics ("p50" 0, "p90" 1, "p99" 2, "p99.9" 3, "max" 4)
set ytics (unit_text(10 ** floor(log10(least))) 10 ** floor(log10(least)))
do for [i = int(floor(log10(least))) + 1:int(ceil(log10(most))) + 1] {
	set ytics add (unit_text(10 ** i) 10 ** i)
}
set ylabel "at most so long" textcolor rgb "#444444"

do for [kind in kinds] {
	eval begin(kind)
	if (is_file(kind)) {
		set rmargin at screen 0.97
	} else {
		set rmargin 3
	}
	set key bottom right Left reverse
	if (kind eq "narrow") {
		set key below
	}
	size = kind eq "narrow" ? ",9" : ",10"
	plot for [i = 1:series] data index i - 1 using 1:2 with linespoints \
			pointtype marks[i] linewidth 2 linecolor rgb palette[i] title names[i], \
		for [i = 1:series] for [side = -1:1:2] data index i - 1 \
			using 1:($4 == side ? $2 : NaN):3 with labels offset 0, side * 0.9 \
			font size textcolor rgb "#222222" notitle
	eval finish
}
