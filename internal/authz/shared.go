package authz

import (
	"encoding/binary"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// ruleNode is a place in the tree of rules. Where rules are, mask has the facts
// that they read.
type ruleNode struct {
	children map[string]*ruleNode
	rules    bool
	mask     uint64
}

// ruleTree tells for every rule below data which facts it reads.
func ruleTree(a *analysis) *ruleNode {
	root := &ruleNode{}
	for _, m := range a.compiler.Modules {
		for _, rule := range m.Rules {
			ref := rule.Ref().ConstantPrefix()
			node := root
			for _, t := range ref[1:] {
				name := string(t.Value.(ast.String))
				if node.children == nil {
					node.children = map[string]*ruleNode{}
				}
				if node.children[name] == nil {
					node.children[name] = &ruleNode{}
				}
				node = node.children[name]
			}
			node.rules = true
			node.mask |= a.of([]*ast.Rule{rule}).facts
		}
	}
	return root
}

// find gives the rules that a reference is to. It is false for what is not a
// rule, such as a whole package.
func (n *ruleNode) find(ref ast.Ref) (*ruleNode, bool) {
	for _, t := range ref[1:] {
		name, ok := t.Value.(ast.String)
		if !ok {
			return nil, false
		}
		if n = n.children[string(name)]; n == nil {
			return nil, false
		}
		if n.rules {
			return n, len(n.children) == 0
		}
	}
	return nil, false
}

// sharedCache keeps what rules said within a batch: a rule that reads the offer
// and the certificate alone is evaluated once for all orders on that offer, one
// that reads the buyer once for each buyer. It is not safe for concurrent use.
type sharedCache struct {
	tree   *ruleNode
	kept   map[string]topdown.VirtualCache // by the facts that are read, and which ones they are
	ids    *[factCount]uint32              // which facts the present question has
	facing map[uint64]topdown.VirtualCache // for the present question, by the facts that are read
	// frames are those of "with", within which facts are others.
	frames topdown.VirtualCache
	depth  int
	own    topdown.VirtualCache // of the present question alone
	key    []byte
}

func newSharedCache(tree *ruleNode) *sharedCache {
	return &sharedCache{tree: tree, kept: map[string]topdown.VirtualCache{}, facing: map[uint64]topdown.VirtualCache{}}
}

// ask turns to the next question, which has these facts.
func (c *sharedCache) ask(ids *[factCount]uint32) {
	c.ids, c.depth, c.frames = ids, 0, nil
	c.own = topdown.NewVirtualCache()
	clear(c.facing)
}

// of is the cache in which a reference's value is.
func (c *sharedCache) of(ref ast.Ref) topdown.VirtualCache {
	if c.depth > 0 {
		return c.frames
	}
	rules, ok := c.tree.find(ref)
	if !ok {
		return c.own
	}
	if cache, ok := c.facing[rules.mask]; ok {
		return cache
	}
	c.key = binary.LittleEndian.AppendUint64(c.key[:0], rules.mask)
	for f, id := range c.ids {
		if rules.mask&(1<<f) != 0 {
			c.key = binary.LittleEndian.AppendUint32(c.key, id)
		}
	}
	cache, ok := c.kept[string(c.key)]
	if !ok {
		cache = topdown.NewVirtualCache()
		c.kept[string(c.key)] = cache
	}
	c.facing[rules.mask] = cache
	return cache
}

// Get is part of topdown.VirtualCache.
func (c *sharedCache) Get(ref ast.Ref) (*ast.Term, bool) { return c.of(ref).Get(ref) }

// Put is part of topdown.VirtualCache.
func (c *sharedCache) Put(ref ast.Ref, value *ast.Term) { c.of(ref).Put(ref, value) }

// Push is part of topdown.VirtualCache: a "with" begins.
func (c *sharedCache) Push() {
	if c.depth++; c.depth == 1 {
		c.frames = topdown.NewVirtualCache()
		return
	}
	c.frames.Push()
}

// Pop is part of topdown.VirtualCache: a "with" ends.
func (c *sharedCache) Pop() {
	if c.depth--; c.depth == 0 {
		c.frames = nil
		return
	}
	c.frames.Pop()
}

// Keys is part of topdown.VirtualCache.
func (c *sharedCache) Keys() []ast.Ref { return c.of(nil).Keys() }

// facts numbers the facts of a batch: equal facts have the same number.
type factNumbers map[string]uint32

func (n factNumbers) of(f fact, text []byte) uint32 {
	if len(text) == 0 {
		return 0
	}
	key := append([]byte{byte(f)}, text...)
	if id, ok := n[string(key)]; ok {
		return id
	}
	id := uint32(len(n) + 1)
	n[string(key)] = id
	return id
}
