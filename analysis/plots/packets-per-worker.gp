# Bars: how many packets or connections each worker took, beside the fair share.
#
#   gnuplot -d -c packets-per-worker.gp DATA PREFIX TITLE FINDING WORKERS TOLERANCE UNIT
#
# DATA has a row for each worker: index, pid, count, share in per cent, count as text. UNIT is what
# was counted: "packets".
# PREFIX.svg and PREFIX.png are written. TOLERANCE is in per cent above the fair share.
# Colours: Okabe and Ito's palette, told apart with every kind of colour vision.

data = ARG1
prefix = ARG2
workers = int(ARG5)
unit = ARG7
fair = 100.0 / workers
limit = fair * (1 + ARG6 / 100.0)

blue = 0x0072B2
vermillion = 0xD55E00

stats data using 4 name "share" nooutput
top = share_max > fair ? share_max : fair
stats data using 3 name "packets" nooutput
stats data using 2 name "pid" nooutput
# Texts stand where there is room for them; the bars share 720 pixels.
room(length, pixels) = workers <= 16 && length * pixels < 720.0 / workers
numbers = room(strlen(sprintf("%.0f", packets_max)), 8)
pids = room(strlen(sprintf("%.0f", pid_max)), 8)
words = room(strlen(sprintf("pid %.0f", pid_max)), 9)

# The texts are the user's: nothing in them is markup.
set label 1 ARG3 at screen 0.03, 0.945 noenhanced font "sans:Bold,15" textcolor rgb "#222222"
set label 2 ARG4 at screen 0.03, 0.885 noenhanced font "sans,12" textcolor rgb "#444444"
set tmargin at screen 0.82
set bmargin at screen 0.15
set rmargin at screen (workers > 1 ? 0.88 : 0.97)
set border 1 linecolor rgb "#888888"
set grid ytics linetype 1 linecolor rgb "#e4e4e4"
set tics nomirror scale 0 textcolor rgb "#444444"
set yrange [0:top * 1.12]
margin = workers > 1 ? 0.7 : 1.6
set xrange [-margin:workers - 1 + margin]
set ylabel "share of received ".unit." (%)" textcolor rgb "#444444"
set style fill solid 1.0 noborder
set boxwidth (workers > 64 ? 1.0 : 0.72) absolute
unset key

# Labels as long as there is room for them.
label(index, pid) = !pids ? sprintf("%d", index) \
	: words ? sprintf("worker %d\npid %d", index, pid) : sprintf("%d\n%d", index, pid)
set xlabel (!pids ? "worker" : words ? "" : "worker / pid") \
	offset 0, -0.6 textcolor rgb "#444444"
small = words ? ",11" : ",9"
set xtics font small

colour(share) = workers > 1 && share > limit ? vermillion : blue
if (workers > 1) {
	set label 3 sprintf("fair share\n%.3g %%", fair) at graph 1.01, first fair \
		textcolor rgb "#222222" font ",10"
}
# Numbers stand on the line of the fair share, not under it.
set style textbox opaque noborder margins 0.6, 0.6
line = workers > 1 ? fair : NaN

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
	if (workers <= 16) {
		plot data using 1:4:(colour($4)):xtic(label($1, $2)) with boxes \
				linecolor rgb variable, \
			line with lines dashtype 2 linewidth 1.5 linecolor rgb "#222222", \
			(numbers ? data : "/dev/null") using 1:4:5 with labels boxed offset 0, 0.8 \
				font (words ? ",11" : ",8") \
				textcolor rgb "#222222"
	} else {
		plot data using 1:4:(colour($4)) with boxes linecolor rgb variable, \
			line with lines dashtype 2 linewidth 1.5 linecolor rgb "#222222"
	}
	unset output
}
