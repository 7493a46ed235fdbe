# What is true of every page: it is whole, needs nothing from elsewhere, has the numbers of its JSON
# file, and fits a telephone and a desk.
# shellcheck shell=bash

# page_is_whole FILE: each element is closed, each name is there once, nothing is loaded.
page_is_whole() {
	run -1 grep -iE "https?:|//[a-z]|@import|url\([^#]|<script|<link|<img|<iframe" "$1"
	run -0 python3 - "$1" <<-'EOF'
		import html.parser, sys
		VOID = {"meta", "br", "hr", "img", "input", "link"}
		class Check(html.parser.HTMLParser):
		    open, ids, refs = [], [], []
		    def see(self, attrs):
		        for name, value in attrs:
		            if name == "id": self.ids.append(value)
		            if name in ("href", "xlink:href", "src"): self.refs.append(value)
		    def handle_starttag(self, tag, attrs):
		        self.see(attrs)
		        if tag not in VOID: self.open.append(tag)
		    def handle_startendtag(self, tag, attrs): self.see(attrs)
		    def handle_endtag(self, tag):
		        assert self.open and self.open[-1] == tag, (tag, self.open, self.getpos())
		        self.open.pop()
		check = Check()
		check.feed(open(sys.argv[1], encoding="utf-8").read())
		check.close()
		assert not check.open, check.open
		assert len(check.ids) == len(set(check.ids)), [i for i in check.ids if check.ids.count(i) > 1]
		for ref in check.refs: assert ref[0] == "#" and ref[1:] in check.ids, ref
		print(len(check.ids) > 1)
	EOF
	assert_output True
}

# page_numbers FILE JSON: how many numbers the page has; each is the one of the JSON file.
page_numbers() {
	python3 - "$@" <<-'EOF'
		import html.parser, json, sys
		document = json.load(open(sys.argv[2]))
		seen = 0
		class Check(html.parser.HTMLParser):
		    def handle_starttag(self, tag, attrs):
		        global seen
		        attrs = dict(attrs)
		        if "data-key" not in attrs: return
		        value = document
		        for name in attrs["data-key"].split("."):
		            value = value[int(name)] if isinstance(value, list) else value[name]
		        shown = attrs["value"]
		        assert (json.loads(shown) if shown else None) == value, (attrs, value)
		        seen += 1
		Check().feed(open(sys.argv[1], encoding="utf-8").read())
		print(seen)
	EOF
}

# page_widths FILE: a line for each width, from telephones to desks: whether a browser shows the page
# without scrolling sideways, and how many pictures of which size. A document with the page in
# frames measures them.
page_widths() {
	python3 - "$1" >frames.html <<-'EOF'
		import html, sys
		page = html.escape(open(sys.argv[1], encoding="utf-8").read())
		print("<!DOCTYPE html><meta charset=utf-8><body>")
		for width in (320, 360, 375, 768, 1280):
		    print(f'<iframe width={width} height=800 style="border:0" srcdoc="{page}"></iframe>')
		print("""<pre id=result></pre><script>
		onload = () => { for (const frame of document.querySelectorAll("iframe")) {
			const page = frame.contentDocument, view = frame.contentWindow;
			const shown = [...page.querySelectorAll("figure svg")].filter(s => s.getClientRects().length);
			const narrow = shown.filter(s => s.parentNode.className == "narrow").length;
			document.getElementById("result").textContent += "width " + view.innerWidth + ": " +
				(page.documentElement.scrollWidth <= view.innerWidth ? "fits" : "scrolls") + ", " +
				shown.length + " pictures, " + narrow + " narrow\\n"; } };
		</script>""")
	EOF
	timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$PWD/profile" \
		--virtual-time-budget=5000 --dump-dom "file://$PWD/frames.html"
}
