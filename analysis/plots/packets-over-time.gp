# Lines: packets or connections per second of each worker over the run.
#
#   gnuplot -d -c packets-over-time.gp DATA PREFIX TITLE FINDING WORKERS BUSIEST IDLEST TOP UNIT
#
# DATA has a row for each interval: its middle in seconds, then each worker's UNIT ("packets")
# per second, at most TOP. PREFIX.svg and PREFIX.png are written. Up to 8 workers have a colour
# each; of more, the BUSIEST and the IDLEST (indexes) stand before the range of all.

load ARG0[1:strstrt(ARG0, "packets-over-time.gp") - 1]."style.gp"

data = ARG1
workers = int(ARG5)
busiest = int(ARG6)
idlest = int(ARG7)
unit = ARG9
top = ARG8 > 0 ? ARG8 * 1.08 : 1.0

step = step_of(top, 4)
step = step < 1 ? 1 : step

stats data using 1 name "rows" nooutput
# Points where there are so few that each can be seen.
points = rows_records <= 80
thick = rows_records <= 300 ? 2 : 1.2

set xlabel "time since the receiver's start (s)" textcolor rgb "#444444"
set ylabel "received ".unit."/s, each worker" textcolor rgb "#444444"
set xrange [0:*] noextend
set offsets 0, graph 0.02, 0, 0
set yrange [0:top]
set ytics ("0" 0)
do for [i = 1:int(top / step)] {
	set ytics add (grouped(i * step) i * step)
}

# gnuplot has sums over columns, not the least and the most of them.
least = NaN
most = NaN
least_of(n) = (least = column(2), sum [i = 2:n + 1] (least = column(i) < least ? column(i) : least, 0), least)
most_of(n) = (most = column(2), sum [i = 2:n + 1] (most = column(i) > most ? column(i) : most, 0), most)

do for [kind in kinds] {
	eval begin(kind)
	if (is_file(kind)) {
		edge = workers <= 8 ? 0.85 : 0.82
		set rmargin at screen edge
		set key at screen edge + 0.01, 0.82 left top Left reverse spacing 1.3
	} else {
		set key below Left reverse
		eval raised
	}
	if (workers <= 8) {
		plot for [i = 0:workers - 1] data using 1:i + 2 with lines linewidth thick \
				linecolor rgb colour_of(i) title sprintf("worker %d", i), \
			for [i = 0:points * workers - 1] data using 1:i + 2 with points \
				pointtype 7 pointsize 0.5 linecolor rgb colour_of(i) notitle
	} else {
		plot data using 1:(least_of(workers)):(most_of(workers)) with filledcurves \
				fillcolor rgb "#999999" fillstyle transparent solid 0.4 noborder \
				title "all workers", \
			data using 1:idlest + 2 with lines linewidth thick linecolor rgb blue \
				title sprintf("idlest: %d", idlest), \
			data using 1:busiest + 2 with lines linewidth thick \
				linecolor rgb vermillion title sprintf("busiest: %d", busiest)
	}
	eval finish
}
