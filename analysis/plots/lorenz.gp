# The Lorenz curve: the part of all that the idlest so many per cent of the workers took.
#
#   gnuplot -d -c lorenz.gp DATA PREFIX TITLE FINDING WORKERS GINI UNIT
#
# DATA has a row for none, one, two, ... of the workers, from the idlest on: per cent of the
# workers, per cent of all UNIT. PREFIX.svg and PREFIX.png are written.

load ARG0[1:strstrt(ARG0, "lorenz.gp") - 1]."style.gp"

data = ARG1
workers = int(ARG5)
unit = ARG7

set xlabel "workers, from the idlest on (%)" textcolor rgb "#444444"
set ylabel "share of received ".unit." (%)" textcolor rgb "#444444"
set xrange [0:100]
set yrange [0:102]
set offsets 0, 0, 0, 0
set xtics 25
set ytics 25
set label 3 "all the same" at 36, 40 rotate by 29 center font ",10" textcolor rgb "#444444"
set label 4 "Gini ".ARG6 at 58, 46 center font ",11" textcolor rgb "#222222"
set label 4 at graph 0.04, 0.93 left
unset key

do for [kind in kinds] {
	eval begin(kind)
	if (is_file(kind)) {
		set rmargin at screen 0.95
	} else {
		set rmargin 3
	}
	set label 3 rotate by (kind eq "narrow" ? 38 : 27)
	set label 3 at (kind eq "narrow" ? 34 : 36), (kind eq "narrow" ? 42 : 40)
	plot data using 1:2:1 with filledcurves fillcolor rgb blue fillstyle transparent \
			solid 0.25 noborder, \
		data using 1:1 with lines dashtype 2 linewidth 1.5 linecolor rgb "#222222", \
		data using 1:2 with lines linewidth 2 linecolor rgb blue, \
		for [i = 1:workers <= 40] data using 1:2 with points pointtype 7 pointsize 0.6 \
			linecolor rgb blue
	eval finish
}
