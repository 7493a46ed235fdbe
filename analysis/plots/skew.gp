# Skew against the number of flows: what a uniform hash makes of so many, and what this run had.
#
#   gnuplot -d -c skew.gp DATA PREFIX TITLE FINDING WORKERS FLOWS CV LEAST HASHED
#
# DATA has a row for each number of equal flows: flows, the cv to expect, and from where to where it
# is in 95 % of all runs. FLOWS (effective ones) and CV are of this run; with HASHED 0, no hash
# chose. Nothing below LEAST is drawn: a logarithm has no 0.
# PREFIX.svg and PREFIX.png are written.

load ARG0[1:strstrt(ARG0, "skew.gp") - 1]."style.gp"

data = ARG1
workers = int(ARG5)
least = ARG8 + 0.0
cut(y) = y > least ? y : least

stats data using 1 name "flows" nooutput
set logscale xy
set xrange [1:flows_max]
set yrange [least:sqrt(workers - 1) * 1.5]
set xlabel "effective flows: so many equal ones" textcolor rgb "#444444"
set ylabel "skew: cv of the workers' counts" textcolor rgb "#444444"
set xtics ("1" 1)
do for [i = 1:ceil(log10(flows_max))] {
	set xtics add ((i < 7 ? grouped(10 ** i) : sprintf("10^{%d}", i)) 10 ** i)
}
set ytics (1)
do for [i = int(floor(log10(least))):1] {
	set ytics add (sprintf("%g", 10.0 ** i) 10.0 ** i, sprintf("%g", 3 * 10.0 ** i) 3 * 10.0 ** i)
}
set grid xtics ytics linetype 1 linecolor rgb "#e4e4e4"
# Beside the point, on the side of the curve where it is: that falls from left to right.
place = log(ARG6 + 0) / log(flows_max)
above = ARG7 + 0 >= (place < 0.3 ? 0.6 : 0.99) * sqrt((workers - 1) / (ARG6 + 0.0))
right_of = above ? place < 0.74 : place < 0.3
set label 4 sprintf("cv %.3g with %s effective flow%s", ARG7 + 0, grouped(ARG6 + 0), \
	ARG6 + 0 == 1 ? "" : "s") at first ARG6 + 0, first cut(ARG7 + 0) \
	font ",11" textcolor rgb "#222222" left \
	offset (above ? 1 : 0), (above ? 1.1 : right_of ? -1.8 : -0.8)
if (!right_of) {
	set label 4 right offset -1, (above ? 1.6 : -0.8)
}

do for [kind in kinds] {
	eval begin(kind)
	if (is_file(kind)) {
		set rmargin at screen 0.95
	} else {
		set rmargin 5
	}
	set label 4 point pointtype 7 pointsize (kind eq "png" ? 1.4 : 0.9) linecolor rgb vermillion
	set key top right Left reverse
	if (kind eq "narrow") {
		set key below
		eval raised
	}
	plot data using 1:(cut($3)):(cut($4)) with filledcurves fillcolor rgb blue \
			fillstyle transparent solid 0.2 noborder title "95 % of all runs", \
		data using 1:(cut($2)) with lines linewidth 2 linecolor rgb blue \
			title (ARG9 + 0 ? "expected of a uniform hash" : "what a uniform hash would do"), \
		NaN with points pointtype 7 pointsize (kind eq "png" ? 1.4 : 0.9) linecolor rgb vermillion title "this run"
	eval finish
}
