// Checks a log, receipts and witness requests with the Go project's own packages for its checksum
// database, which share nothing with Headwater.
//
// usage: main LOG_DIRECTORY VERIFIER_KEY [FILE.tlog-proof | FILE.add-checkpoint]...
//
// sumdb/note opens each checkpoint. sumdb/tlog computes the root and every tile again from the
// entries, and checks the inclusion proof of each receipt and the consistency proof of each
// request. (Its TileHashReader is of no use here: version 0.7.0 skips the check of some full tiles
// where two subtrees of the right edge share a tile.)
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// stored holds the hashes of a tree in the order in which sumdb/tlog stores them.
type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) (found []tlog.Hash, err error) {
	for _, index := range indexes {
		found = append(found, s[index])
	}
	return found, nil
}

// path is a tile's path by c2sp.org/tlog-tiles: `tile/8/0/x001/067` becomes `tile/0/x001/067`.
func path(tile tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
}

func read(directory, path string) []byte {
	data, err := os.ReadFile(filepath.Join(directory, path))
	must(err)
	return data
}

// tilesOf lists the tiles of a log, where sumdb/tlog names every width that a partial one ever had.
func tilesOf(size int64) (tiles []tlog.Tile) {
	for _, tile := range tlog.NewTiles(8, 0, size) {
		last := len(tiles) - 1
		if last >= 0 && tiles[last].L == tile.L && tiles[last].N == tile.N {
			tiles = tiles[:last]
		}
		tiles = append(tiles, tile)
	}
	return tiles
}

// load reads all entries, and compares the tree over them with the root and with every tile.
func load(directory string, tree tlog.Tree) (hashes stored) {
	for _, tile := range tilesOf(tree.N) {
		if tile.L > 0 {
			continue
		}
		bundle := read(directory, strings.Replace(path(tile), "tile/0/", "tile/entries/", 1))
		for entry := 0; entry < tile.W; entry++ {
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			added, err := tlog.StoredHashes(tile.N*256+int64(entry), bundle[2:end], hashes)
			must(err)
			hashes, bundle = append(hashes, added...), bundle[end:]
		}
		if len(bundle) > 0 {
			log.Fatalf("a bundle goes on after its last entry")
		}
	}
	root, err := tlog.TreeHash(tree.N, hashes)
	must(err)
	if root != tree.Hash {
		log.Fatalf("the entries do not lead to the signed root")
	}
	for _, tile := range tilesOf(tree.N) {
		data, err := tlog.ReadTileData(tile, hashes)
		must(err)
		if !bytes.Equal(data, read(directory, path(tile))) {
			log.Fatalf("%s differs", path(tile))
		}
	}
	return hashes
}

func open(signed []byte, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		log.Fatalf("not a checkpoint of this log: %q", opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	return tlog.Tree{N: size, Hash: hash(lines[2])}
}

func hash(text string) (hash tlog.Hash) {
	decoded, err := base64.StdEncoding.DecodeString(text)
	must(err)
	if copy(hash[:], decoded) != tlog.HashSize || len(decoded) != tlog.HashSize {
		log.Fatalf("not a hash: %q", text)
	}
	return hash
}

func decoded(lines []string) (hashes []tlog.Hash) {
	for _, line := range lines {
		hashes = append(hashes, hash(line))
	}
	return hashes
}

// parts splits a receipt or a request into its lines and the checkpoint.
func parts(path string) ([]string, []byte) {
	data, err := os.ReadFile(path)
	must(err)
	head, checkpoint, _ := bytes.Cut(data, []byte("\n\n"))
	return strings.Split(string(head), "\n"), checkpoint
}

func after(line, word string) string {
	if !strings.HasPrefix(line, word) {
		log.Fatalf("%q does not begin with %q", line, word)
	}
	return line[len(word):]
}

func number(line, word string) int64 {
	parsed, err := strconv.ParseInt(after(line, word), 10, 64)
	must(err)
	return parsed
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	log.SetFlags(0)
	directory, key := os.Args[1], os.Args[2]
	verifier, err := note.NewVerifier(key)
	must(err)
	tree := open(read(directory, "checkpoint"), verifier)
	hashes := load(directory, tree)
	for _, path := range os.Args[3:] {
		lines, checkpoint := parts(path)
		of := open(checkpoint, verifier)
		if strings.HasSuffix(path, ".tlog-proof") {
			entry, err := base64.StdEncoding.DecodeString(after(lines[1], "extra "))
			must(err)
			index := number(lines[2], "index ")
			must(tlog.CheckRecord(decoded(lines[3:]), of.N, of.Hash, index, tlog.RecordHash(entry)))
		} else {
			old := number(lines[0], "old ")
			root, err := tlog.TreeHash(old, hashes)
			must(err)
			must(tlog.CheckTree(decoded(lines[1:]), of.N, of.Hash, old, root))
		}
	}
	fmt.Println(tree.N, len(os.Args)-3)
}
