//! Handing out numbers.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::Ipv4Addr;

use crate::key::Key;
use crate::kind::Kind;
use crate::map::Pseudonyms;
use crate::shape::Shape;

/// Gives new originals the next numbers, in the order of their rank under the key.
///
/// Numbers whose pseudonym is taken, by an original or by another kind, are skipped.
pub(crate) struct Numbering<'a> {
    key: &'a Key,
    taken: HashSet<Vec<u8>>,
}

impl<'a> Numbering<'a> {
    pub(crate) fn new(key: &'a Key, taken: HashSet<Vec<u8>>) -> Numbering<'a> {
        Numbering { key, taken }
    }

    /// Adds the originals that `table` lacks; `shape` tells the family of each original, and of
    /// each pseudonym already there.
    pub(crate) fn extend(
        &mut self,
        kind: &Kind,
        table: &mut Pseudonyms,
        originals: &BTreeSet<Vec<u8>>,
        shape: impl Fn(&[u8]) -> Shape,
    ) {
        let mut last: HashMap<Shape, u64> = HashMap::new();
        for original in self.new_ones(kind, table, originals) {
            let shape = shape(original);
            let last = last.entry(shape.clone()).or_insert_with(|| {
                table
                    .values()
                    .filter_map(|pseudonym| shape.number(pseudonym))
                    .max()
                    .unwrap_or(0)
            });
            let pseudonym = loop {
                *last += 1;
                let candidate = shape.pseudonym(*last);
                if self.taken.insert(candidate.clone().into_bytes()) {
                    break candidate;
                }
            };
            table.insert(original.clone(), pseudonym);
        }
    }

    /// Adds hosts. Addresses of one IPv4 network of 24 bits share a block `777.777.X.*`, which
    /// holds nothing else.
    pub(crate) fn extend_hosts(
        &mut self,
        table: &mut Pseudonyms,
        originals: &BTreeSet<Vec<u8>>,
        by_network: bool,
    ) {
        let network = |host: &[u8]| {
            let address: Ipv4Addr = std::str::from_utf8(host).ok()?.parse().ok()?;
            let [a, b, c, _] = address.octets();
            by_network.then_some([a, b, c])
        };
        let mut blocks = Blocks::default();
        for (original, pseudonym) in &*table {
            if let Some(number) = Shape::Host.number(pseudonym) {
                blocks.note(number, network(original));
            }
        }
        for original in self.new_ones(&Kind::Host, table, originals) {
            let pseudonym = loop {
                let number = blocks.next(network(original));
                let candidate = Shape::Host.pseudonym(number);
                if self.taken.insert(candidate.clone().into_bytes()) {
                    break candidate;
                }
            };
            table.insert(original.clone(), pseudonym);
        }
    }

    /// Originals without a pseudonym, in the order of their rank.
    fn new_ones<'o>(
        &self,
        kind: &Kind,
        table: &Pseudonyms,
        originals: &'o BTreeSet<Vec<u8>>,
    ) -> Vec<&'o Vec<u8>> {
        let mut new: Vec<([u8; 32], &Vec<u8>)> = originals
            .iter()
            .filter(|original| !table.contains_key(*original))
            .map(|original| (self.key.rank(kind, original), original))
            .collect();
        new.sort_unstable();
        new.into_iter().map(|(_, original)| original).collect()
    }
}

/// First three parts of an IPv4 address; `None` for hosts that are no such address.
type Network = Option<[u8; 3]>;

/// Which networks the blocks of host pseudonyms belong to.
#[derive(Default)]
struct Blocks {
    /// By block, from 0: the network, or that there are several; and the last place given away.
    blocks: Vec<(Owner, u64)>,
    /// The block of each network that has places left, as far as known.
    open: HashMap<Network, usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Nobody,
    One(Network),
    Several,
}

impl Blocks {
    fn note(&mut self, number: u64, network: Network) {
        let (block, place) = Shape::host_block(number);
        let Ok(block) = usize::try_from(block) else {
            return;
        };
        // A map may have been written by hand with absurd numbers.
        if block >= 1 << 20 {
            return;
        }
        if self.blocks.len() <= block {
            self.blocks.resize(block + 1, (Owner::Nobody, 0));
        }
        let (owner, last) = &mut self.blocks[block];
        *owner = match *owner {
            Owner::Nobody => Owner::One(network),
            Owner::One(other) if other == network => *owner,
            _ => Owner::Several,
        };
        *last = (*last).max(place);
        if *owner == Owner::One(network) {
            self.open.insert(network, block);
        } else {
            self.open.retain(|_, open| *open != block);
        }
    }

    /// The next number for a host of this network.
    fn next(&mut self, network: Network) -> u64 {
        let block = match self.open.get(&network) {
            Some(&block) if self.blocks[block].1 < Shape::HOSTS_OF_BLOCK => block,
            _ => {
                self.blocks.push((Owner::One(network), 0));
                self.open.insert(network, self.blocks.len() - 1);
                self.blocks.len() - 1
            }
        };
        self.blocks[block].1 += 1;
        Shape::host_number(block as u64, self.blocks[block].1)
    }
}
