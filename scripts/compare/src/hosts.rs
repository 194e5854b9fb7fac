//! What several hosts can reach when one machine sends them the videos, as `scripts/cluster.sh`
//! does: the simulation, with a network that all transfers share.

use crate::simulate::{Batch, Phase, Setup, makespan};
use crate::stats::as_f64;

/// The rows of the table.
const HOSTS: [usize; 6] = [1, 2, 4, 8, 16, 32];

/// The columns of the table: name, and megabytes per second.
const NETWORKS: [(&str, f64); 3] = [
    ("100 Mbit/s", 12.5),
    ("1 Gbit/s", 125.0),
    ("10 Gbit/s", 1250.0),
];

/// Videos for each job: so many that filling and draining the hosts hardly changes the rate.
const VIDEOS_PER_JOB: usize = 20;

/// The costs of one video, and the cores of one host.
#[derive(Debug, Clone, Copy, PartialEq, clap::Args)]
pub struct Load {
    /// Seconds that a video keeps a core busy, measured
    #[arg(long, value_name = "S")]
    pub seconds: f64,
    /// Size of a video's file in megabytes
    #[arg(long, value_name = "MB")]
    pub megabytes: f64,
    /// Size of its thumbnails in megabytes
    #[arg(long, value_name = "MB", default_value_t = 0.0)]
    pub thumbnails: f64,
    /// Cores of a host, each with one video at a time
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub cores: usize,
}

impl Load {
    /// Videos per second on `hosts` hosts, if the sender's network has `network` megabytes per second in
    /// each direction.
    ///
    /// A job waits for the transfer of its video, as in `cluster.sh`. Transfers in one direction run one
    /// after another, which takes as long in all as if they shared the network.
    #[must_use]
    pub fn rate(&self, hosts: usize, network: f64) -> f64 {
        let jobs = hosts * self.cores;
        let setup = Setup {
            cores: jobs,
            workers: jobs,
            worker_start: None,
            permits: [1; 2],
        };
        let transfer = |megabytes: f64, holds| Phase {
            holds,
            ..Phase::new(megabytes / network, 0.0)
        };
        let batch = Batch {
            count: jobs * VIDEOS_PER_JOB,
            steps: vec![
                transfer(self.megabytes, [true, false]),
                Phase::new(self.seconds, 1.0),
                transfer(self.thumbnails, [false, true]),
            ],
        };
        as_f64(batch.count) / makespan(&setup, &[batch])
    }

    /// Videos per second that the network can carry, whatever the number of hosts.
    #[must_use]
    pub fn network_rate(&self, network: f64) -> f64 {
        network / self.megabytes.max(self.thumbnails)
    }

    /// The smallest number of hosts that could do all videos that the network carries. More gain nothing.
    #[must_use]
    pub fn enough_hosts(&self, network: f64) -> f64 {
        (self.network_rate(network) * self.seconds / as_f64(self.cores)).ceil()
    }

    /// Videos per minute by number of hosts and network, as a Markdown table.
    #[must_use]
    pub fn table(&self) -> String {
        let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let line = |name: String, cell: &dyn Fn(f64) -> String| {
            let cells = NETWORKS.iter().map(|&(_, network)| cell(network));
            row(std::iter::once(name).chain(cells).collect())
        };
        let names = NETWORKS.iter().map(|&(name, _)| name.to_owned());
        let mut table = row(std::iter::once("hosts".to_owned()).chain(names).collect());
        table += &row(vec!["---:".to_owned(); NETWORKS.len() + 1]);
        for hosts in HOSTS {
            table += &line(hosts.to_string(), &|network| {
                format!("{:.0}", 60.0 * self.rate(hosts, network))
            });
        }
        table += &line("the network's limit".into(), &|network| {
            format!("{:.0}", 60.0 * self.network_rate(network))
        });
        table += &line("hosts that reach it".into(), &|network| {
            self.enough_hosts(network).to_string()
        });
        table
    }
}

#[cfg(test)]
mod tests {
    use super::Load;

    /// A video of 10 MB that takes 2 s, on hosts of 4 cores: each host does 2 videos per second.
    const LOAD: Load = Load {
        seconds: 2.0,
        megabytes: 10.0,
        thumbnails: 1.0,
        cores: 4,
    };

    #[track_caller]
    fn is_about(rate: f64, expected: f64) {
        assert!((rate / expected - 1.0).abs() < 0.1, "{rate}");
    }

    #[test]
    fn on_a_network_that_costs_nothing_hosts_add_up() {
        for (hosts, expected) in [(1, 2.0), (2, 4.0), (10, 20.0)] {
            is_about(LOAD.rate(hosts, 1e9), expected);
        }
    }

    #[test]
    fn no_number_of_hosts_is_faster_than_the_network() {
        // 50 MB/s are 5 videos a second; 3 hosts could do 6.
        assert!((LOAD.enough_hosts(50.0) - 3.0).abs() < f64::EPSILON);
        // 8 jobs, each with a video for 0.2 s of transfer and 2 s of work.
        is_about(LOAD.rate(2, 50.0), 8.0 / 2.2);
        for hosts in [4, 10, 30] {
            is_about(LOAD.rate(hosts, 50.0), 5.0);
            assert!(LOAD.rate(hosts, 50.0) <= LOAD.network_rate(50.0));
        }
    }

    #[test]
    fn thumbnails_larger_than_the_video_are_the_limit() {
        let load = Load {
            thumbnails: 20.0,
            ..LOAD
        };
        assert!((load.network_rate(50.0) - 2.5).abs() < f64::EPSILON);
        is_about(load.rate(10, 50.0), 2.5);
    }

    #[test]
    fn the_readme_shows_what_its_command_prints() {
        let readme = include_str!("../../README.md");
        let (_, command) = readme.split_once("--example hosts -- ").unwrap();
        let words = command.lines().next().unwrap().split_whitespace();
        let command = <Load as clap::Args>::augment_args(clap::Command::new("hosts"));
        let matches = command.no_binary_name(true).get_matches_from(words);
        let load = <Load as clap::FromArgMatches>::from_arg_matches(&matches).unwrap();
        assert!(readme.contains(&load.table()), "{}", load.table());
    }
}
