//! Where each hypothesis came from: a pool of nodes, each a played note's explanation and its parent.

use super::LAG;
use super::hypothesis::Part;

/// Nodes in the pool: enough for a full beam whose paths share nothing, and what one note can add.
const NODES: usize = super::candidates::BEAM * (LAG as usize + 1) + 8 * 32;
const WORDS: usize = NODES.div_ceil(64);

/// A node of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeId(u16);

impl NodeId {
    /// The parent of the first note.
    pub const NONE: Self = Self(u16::MAX);
}

/// A played note's explanation in one hypothesis. Its parent explains the note before.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// The explanation of the note before.
    pub parent: NodeId,
    /// What kind of explanation, and whether the player went elsewhere with this note.
    kind: u8,
    key: u32,
    offset_us: i32,
    /// The front after it, `u32::MAX` before the first match.
    pub front: u32,
    /// The first onset still open after it.
    pub open: u32,
    /// Low half of the cost of the hypothesis up to here.
    total: u32,
}

const JUMP: u8 = 128;

impl Node {
    /// A node of a note that was explained as `part`.
    pub fn new(parent: NodeId, part: Part, jump: bool, (front, open): (u32, u32), total: i64) -> Self {
        let (kind, key, offset_us) = match part {
            Part::Match { key, offset_us } => (0, key, offset_us),
            Part::Wrong { key } => (1, key, 0),
            Part::Ornament { key } => (2, key, 0),
            Part::Repeat { key } => (3, key, 0),
            Part::Extra => (4, 0, 0),
        };
        let kind = kind | if jump { JUMP } else { 0 };
        Self { parent, kind, key, offset_us, front, open, total: total as u32 }
    }

    /// What the note was.
    pub fn part(&self) -> Part {
        let Self { key, offset_us, .. } = *self;
        match self.kind & !JUMP {
            0 => Part::Match { key, offset_us },
            1 => Part::Wrong { key },
            2 => Part::Ornament { key },
            3 => Part::Repeat { key },
            _ => Part::Extra,
        }
    }

    /// Whether the player went elsewhere with this note.
    pub fn jump(&self) -> bool {
        self.kind & JUMP != 0
    }

    /// Cost of the hypothesis up to here, given that of one not 2^31 away.
    pub fn total(&self, near: i64) -> i64 {
        near - i64::from((near as u32).wrapping_sub(self.total) as i32)
    }
}

/// The pool. A node lives as long as a path of the last [`LAG`] notes leads to it.
pub struct Trace {
    nodes: Vec<Node>,
    used: [u64; WORDS],
    /// Word where the search for a free node goes on.
    cursor: usize,
    free: usize,
}

impl Trace {
    /// An empty pool. Allocates all it will ever need.
    pub fn new() -> Self {
        let blank = Node::new(NodeId::NONE, Part::Extra, false, (u32::MAX, 0), 0);
        let mut used = [0; WORDS];
        // Those beyond the end are never free.
        for slot in NODES..WORDS * 64 {
            used[slot / 64] |= 1 << (slot % 64);
        }
        Self { nodes: vec![blank; NODES], used, cursor: 0, free: NODES }
    }

    /// How many nodes can be added before the pool must be swept.
    pub fn room(&self) -> usize {
        self.free
    }

    /// Adds a node. There must be room.
    pub fn push(&mut self, node: Node) -> NodeId {
        while self.used[self.cursor] == u64::MAX {
            self.cursor = if self.cursor + 1 == WORDS { 0 } else { self.cursor + 1 };
        }
        let bit = self.used[self.cursor].trailing_ones() as usize;
        self.used[self.cursor] |= 1 << bit;
        self.free -= 1;
        let slot = self.cursor * 64 + bit;
        self.nodes[slot] = node;
        NodeId(slot as u16)
    }

    /// A node that lives.
    pub fn get(&self, id: NodeId) -> &Node {
        &self.nodes[usize::from(id.0)]
    }

    /// Frees all nodes but those on the last `steps` steps of these paths.
    pub fn sweep(&mut self, ends: impl Iterator<Item = NodeId>, steps: u32) {
        let mut live = [0_u64; WORDS];
        let mut count = 0;
        for mut id in ends {
            for _ in 0..steps {
                if id == NodeId::NONE {
                    break;
                }
                let slot = usize::from(id.0);
                if live[slot / 64] >> (slot % 64) & 1 == 1 {
                    break;
                }
                live[slot / 64] |= 1 << (slot % 64);
                count += 1;
                id = self.nodes[slot].parent;
            }
        }
        for slot in NODES..WORDS * 64 {
            live[slot / 64] |= 1 << (slot % 64);
        }
        self.used = live;
        self.free = NODES - count;
    }
}
