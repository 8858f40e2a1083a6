# From callgrind's dumps: instructions of each path inside the library, for one operation. What the C library
# does is left out: it is another one on another machine, and has other ways for other processors.
FNR == 1 { path = ""; ours = 0; skip = 0; sum = 0 }
/^desc: Trigger: Client Request: / {
    times = $5
    path = $0
    sub(/^desc: Trigger: Client Request: [0-9]+ /, "", path)
}
/^ob=/ { ours = /libbyname/ }
/^calls=/ { skip = 1; next } # the next line is the cost of what was called, and stands there too
/^[0-9+*-]/ && ours && !skip { sum += $2 }
/^[0-9+*-]/ { skip = 0 }
/^totals:/ && path != "" { printf "%-44s %8.1f\n", path, sum / times }
