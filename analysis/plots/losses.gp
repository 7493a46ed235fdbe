# Dropped packets over the run, and the moments at which processes began to work.
#
#   gnuplot -d -c losses.gp DATA PREFIX TITLE FINDING TOP STARTS UNIT
#
# DATA has two blocks: the first with both ends of each interval, in seconds, and the drops per
# second in it, at most TOP; the second with STARTS moments: seconds, who began.
# PREFIX.svg and PREFIX.png are written.

load ARG0[1:strstrt(ARG0, "losses.gp") - 1]."style.gp"

data = ARG1
top = ARG5 > 0 ? ARG5 * 1.25 : 1.0
starts = int(ARG6)

set xlabel "time since the receiver's start (s)" textcolor rgb "#444444"
set ylabel "dropped packets/s" textcolor rgb "#444444"
stats data index 0 using 1 name "time" nooutput
set xrange [0:time_max > 0 ? time_max : 1]
set yrange [0:top]
step = step_of(top, 4)
set ytics ("0" 0)
do for [i = 1:int(top / step)] {
	set ytics add ((step < 1 ? sprintf("%g", i * step) : grouped(i * step)) i * step)
}

do for [kind in kinds] {
	eval begin(kind)
	if (is_file(kind)) {
		set rmargin at screen 0.97
	} else {
		set rmargin 3
	}
	set key below Left reverse
	if (!is_file(kind)) {
		eval raised
	} else {
		set key at screen 0.97, 0.87 right top horizontal
	}
	words = starts <= (kind eq "narrow" ? 3 : 6)
	plot data index 0 using 1:2 with filledcurves y1=0 fillcolor rgb vermillion \
			title "dropped", \
		(starts ? data : "/dev/null") index (starts ? 1 : 0) using 1:(0):(0):(top) \
			with vectors nohead dashtype 2 linewidth 1.5 linecolor rgb "#222222" \
			title (starts ? "processes began" : ""), \
		(starts && words ? data : "/dev/null") index (starts ? 1 : 0) \
			using 1:(top * 0.96):2 with labels left offset 0.5, 0 \
			font ",10" textcolor rgb "#222222" notitle
	eval finish
}
