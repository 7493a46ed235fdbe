# Points: by how much B differs from A in each number, as a ratio with its 95 % interval.
#
#   gnuplot -d -c comparison.gp DATA PREFIX TITLE FINDING ROWS [KINDS]
#
# DATA has a row for each number, from the top down: row from 1, ratio B / A, lower and upper end of
# its interval, 1 if a difference is shown, name in quotes. PREFIX.svg and PREFIX.png are written,
# or what KINDS says.
# Filled and vermillion: shown. Hollow and grey: not.

load ARG0[1:strstrt(ARG0, "comparison.gp") - 1]."style.gp"

if (ARG6 ne "") {
	kinds = ARG6
}
data = ARG1
rows = int(ARG5)
height = 190 + 34 * rows

stats data using 3 name "low" nooutput
stats data using 4 name "high" nooutput
lowest = low_min < 1 ? low_min : 1
highest = high_max > 1 ? high_max : 1
# As far on either side of 1 at least as shows that nothing is different.
lowest = lowest > 0.9 ? 0.9 : lowest / 1.05
highest = highest < 1.1 ? 1.1 : highest * 1.05

unset grid
set grid xtics linetype 1 linecolor rgb "#e4e4e4"
set ytics noenhanced
set xlabel "B / A (logarithmic; line: no difference)" textcolor rgb "#444444"
set logscale x 2
# Powers of two where the range is wide, else steps that fit.
if (highest / lowest < 3) {
	unset logscale x
	set xlabel "B / A (line: no difference)" textcolor rgb "#444444"
}
set format x "%g"
set xrange [lowest:highest]
# So many labels as stand side by side.
octaves = log(highest / lowest) / log(2)
step(kind) = 2 ** ceil(octaves / (kind eq "narrow" ? 5.0 : 9.0))
set yrange [rows + 0.6:0.4]
set arrow 1 from 1, graph 0 to 1, graph 1 nohead linewidth 1.5 linecolor rgb "#444444" back
unset key

# As begin(kind), but as high as the rows need. A finding of several numbers is too long for a line.
sized(kind) = kind eq "svg" || kind eq "png" ? sprintf("size 900, %d", height) \
	: sprintf("size %d, %d", kind eq "wide" ? 760 : 400, height - 70)
replace(text, from, to) = (at = strstrt(text, from), at ? text[1:at - 1].to.text[at + strlen(from):] : text)
of_kind(kind) = kind eq "wide" ? "size 760, 420" : kind eq "narrow" ? "size 400, 360" : "size 900, 540"

do for [kind in kinds] {
	eval replace(begin(kind), of_kind(kind), sized(kind))
	if (highest / lowest >= 3) {
		set xtics step(kind)
	}
	if (is_file(kind)) {
		set label 1 ARG3 at screen 0.03, 1 - 30.0 / height
		set label 2 ARG4 at screen 0.03, 1 - 60.0 / height
		set tmargin at screen 1 - 84.0 / height
		set bmargin at screen 62.0 / height
		set lmargin at screen 0.2
		set rmargin at screen 0.97
	}
	plot data using 2:1:3:4:ytic(6) with xerrorbars pointtype 6 pointsize 0.8 linewidth 1.5 \
			linecolor rgb "#888888", \
		data using ($5 == 1 ? $2 : NaN):1:3:4 with xerrorbars pointtype 7 pointsize 0.9 \
			linewidth 2.5 linecolor rgb vermillion
	eval finish
}
