# Lines: packets or connections per second of each worker over the run.
#
#   gnuplot -d -c packets-over-time.gp DATA PREFIX TITLE FINDING WORKERS BUSIEST IDLEST TOP UNIT
#
# DATA has a row for each interval: its middle in seconds, then each worker's UNIT ("packets")
# per second, at most TOP. PREFIX.svg and PREFIX.png are written. Up to 8 workers have a colour
# each; of more, only the BUSIEST and the IDLEST (indexes) stand out.
# Colours: Okabe and Ito's palette, told apart with every kind of colour vision.

data = ARG1
prefix = ARG2
workers = int(ARG5)
busiest = int(ARG6)
idlest = int(ARG7)
unit = ARG9
top = ARG8 > 0 ? ARG8 * 1.08 : 1.0

array palette[8] = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x000000, 0x999999]

# gnuplot separates thousands only where the C library's locale does.
grouped(n) = n < 1000 ? sprintf("%.0f", n) \
	: n < 1000000 ? sprintf("%d,%03d", int(n) / 1000, int(n) % 1000) \
	: sprintf("%d,%03d,%03d", int(n) / 1000000, int(n) / 1000 % 1000, int(n) % 1000)
magnitude = 10 ** floor(log10(top / 4))
factor = top / 4 / magnitude
step = (factor < 1.5 ? 1 : factor < 3.5 ? 2 : factor < 7.5 ? 5 : 10) * magnitude
step = step < 1 ? 1 : step

# The texts are the user's: nothing in them is markup.
set label 1 ARG3 at screen 0.03, 0.945 noenhanced font "sans:Bold,15" textcolor rgb "#222222"
set label 2 ARG4 at screen 0.03, 0.885 noenhanced font "sans,12" textcolor rgb "#444444"
set tmargin at screen 0.82
set bmargin at screen 0.15
edge = workers <= 8 ? 0.85 : 0.82
set rmargin at screen edge
set border 1 linecolor rgb "#888888"
set grid ytics linetype 1 linecolor rgb "#e4e4e4"
set tics nomirror scale 0 textcolor rgb "#444444"
set xlabel "time since the receiver's start (s)" textcolor rgb "#444444"
set ylabel "received ".unit."/s, each worker" textcolor rgb "#444444"
set xrange [0:*]
set offsets 0, graph 0.02, 0, 0
set yrange [0:top]
set ytics ("0" 0)
do for [i = 1:int(top / step)] {
	set ytics add (grouped(i * step) i * step)
}
set key at screen edge + 0.01, 0.82 left top Left reverse samplen 2 spacing 1.3 textcolor rgb "#222222"

do for [kind in "svg png"] {
	if (kind eq "svg") {
		set terminal svg size 900, 540 enhanced font "sans,12" background rgb "#ffffff"
	} else {
		if (strstrt(GPVAL_TERMINALS, " pngcairo ")) {
			set terminal pngcairo size 900, 540 enhanced font "sans,12" \
				background rgb "#ffffff"
		} else {
			set terminal png size 900, 540 enhanced background rgb "#ffffff"
		}
	}
	set output prefix.".".kind
	if (workers <= 8) {
		plot for [i = 0:workers - 1] data using 1:i + 2 with linespoints \
			pointtype 7 pointsize 0.5 linewidth 2 linecolor rgb palette[i + 1] \
			title sprintf("worker %d", i)
	} else {
		plot for [i = 0:workers - 1] data using 1:i + 2 with lines linewidth 1 \
				linecolor rgb "#c4c4c4" title (i ? "" : "all workers"), \
			data using 1:idlest + 2 with linespoints pointtype 7 pointsize 0.5 \
				linewidth 2 linecolor rgb palette[1] \
				title sprintf("idlest: %d", idlest), \
			data using 1:busiest + 2 with linespoints pointtype 7 pointsize 0.5 \
				linewidth 2 linecolor rgb palette[2] \
				title sprintf("busiest: %d", busiest)
	}
	unset output
}
