# The tests of a package in which several things happen at once: those that start
# goroutines or a second server, themselves or by a function of the package's tests.
# Prints a pattern for go test -run.
/^func / {
  name = $0
  sub(/^func (\([^)]*\) )?/, "", name)
  sub(/[^A-Za-z0-9_].*/, "", name)
  next
}
/^}/ { name = "" }
name != "" {
  body[name] = body[name] " " $0
  if ($0 ~ /\.Go\(|go func|\.Second\(/) found[name] = 1
}
END {
  do {
    more = 0
    for (n in body) {
      if (n in found) continue
      for (f in found)
        if (f !~ /^Test/ && body[n] ~ ("[^A-Za-z0-9_]" f "\\(")) { found[n] = more = 1; break }
    }
  } while (more)
  for (f in found)
    if (f ~ /^Test/) pattern = pattern (pattern == "" ? "" : "|") f
  print "^(" pattern ")$"
}
