# Bars: how many packets or connections each worker took, beside the fair share.
#
#   gnuplot -d -c packets-per-worker.gp DATA PREFIX TITLE FINDING WORKERS TOLERANCE UNIT
#
# DATA has a row for each worker: index, pid, count, share in per cent, count as text. UNIT is what
# was counted: "packets". TOLERANCE is in per cent above the fair share.
# PREFIX.svg and PREFIX.png are written.

load ARG0[1:strstrt(ARG0, "packets-per-worker.gp") - 1]."style.gp"

data = ARG1
workers = int(ARG5)
unit = ARG7
fair = 100.0 / workers
limit = fair * (1 + ARG6 / 100.0)

stats data using 4 name "share" nooutput
top = share_max > fair ? share_max : fair
stats data using 3 name "packets" nooutput
stats data using 2 name "pid" nooutput

set yrange [0:top * 1.12]
margin = workers > 1 ? 0.7 : 1.6
set xrange [-margin:workers - 1 + margin]
set ylabel "share of received ".unit." (%)" textcolor rgb "#444444"
set boxwidth (workers > 64 ? 1.0 : 0.72) absolute
unset key
# Numbers stand on the line of the fair share, not under it.
set style textbox opaque noborder margins 0.6, 0.6
colour(share) = workers > 1 && share > limit ? vermillion : blue
line = workers > 1 ? fair : NaN
label(index, pid) = !pids ? sprintf("%d", index) \
	: words ? sprintf("worker %d\npid %d", index, pid) : sprintf("%d\n%d", index, pid)

do for [kind in kinds] {
	eval begin(kind)
	# Labels as long as there is room for them; the bars share so many pixels.
	pixels = kind eq "narrow" ? 280.0 : kind eq "wide" ? 600.0 : 720.0
	numbers = workers <= 16 && strlen(grouped(packets_max)) * 7 < pixels / workers
	pids = workers <= 16 && strlen(sprintf("%.0f", pid_max)) * 8 < pixels / workers
	words = workers <= 16 && strlen(sprintf("pid %.0f", pid_max)) * 9 < pixels / workers
	size = words ? ",11" : ",9"
	set xtics font size
	set xlabel (!pids ? "worker" : words ? "" : "worker / pid") offset 0, -0.6 \
		textcolor rgb "#444444"
	if (is_file(kind)) {
		set rmargin at screen (workers > 1 ? 0.88 : 0.97)
	} else {
		if (pids) {
			set bmargin 4
		}
		if (kind eq "wide" && workers > 1) {
			set rmargin 11
		}
	}
	set label 3 ""
	if (workers > 1 && kind ne "narrow") {
		set label 3 sprintf("fair share\n%.3g %%", fair) at graph 1.01, first fair \
			textcolor rgb "#222222" font ",10"
	}
	if (workers <= 16) {
		plot data using 1:4:(colour($4)):xtic(label($1, $2)) with boxes \
				linecolor rgb variable, \
			line with lines dashtype 2 linewidth 1.5 linecolor rgb "#222222", \
			(numbers ? data : "/dev/null") using 1:4:5 with labels boxed \
				offset 0, 0.8 font size textcolor rgb "#222222"
	} else {
		plot data using 1:4:(colour($4)) with boxes linecolor rgb variable, \
			line with lines dashtype 2 linewidth 1.5 linecolor rgb "#222222"
	}
	eval finish
}
