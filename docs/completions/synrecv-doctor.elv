
use builtin;
use str;

set edit:completion:arg-completer[synrecv-doctor] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'synrecv-doctor'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'synrecv-doctor'= {
            cand --observe 'Watch for this long (5s, 1m; 0 = one look)'
            cand --capture 'Look at the frames of handshakes while watching (auto = where it is permitted)'
            cand --netns 'Look into another network namespace: a name of `ip netns`, a path, or a process id'
            cand --peer 'Only connections from this address or prefix'
            cand --port 'Only connections to this local port'
            cand --redact 'Write pseudonyms in place of addresses, link-layer addresses and names of hosts; strict: also of processes, devices and chains. The diagnosis stays the same, or nothing is written. Who knows some of the addresses can still tell prefixes of others'
            cand --redact-key 'File with the key of pseudonyms, made where there is none; what was written with one key has the same pseudonyms. none = a key that is not kept [default: $XDG_STATE_HOME/synrecv-doctor/redact.key]'
            cand --format 'Format of standard output'
            cand --output 'Also write the report to a file; the suffix (.txt, .md, .json) gives the format; repeatable'
            cand --fail-on 'Least severity that makes the exit status 1'
            cand --color 'When to colour'
            cand --width 'Columns of text output (default: the terminal''s, or 100)'
            cand --explain-parse 'Print each line of a text with what was taken from it, and judge nothing'
            cand --probe 'Ask the network what decides between the causes that are left: sends packets, and says before how many at most (this host only)'
            cand --load-modules 'Allow reading that makes the kernel load a module (sock_diag)'
            cand --keep-oui 'Leave the vendor''s number in link-layer addresses'
            cand -q 'Only the verdict line'
            cand --quiet 'Only the verdict line'
            cand -v 'More: all rows, passed checks, commands to re-check the evidence'
            cand --verbose 'More: all rows, passed checks, commands to re-check the evidence'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand diagnose 'Find out why connections are stuck (the default command)'
            cand sockets 'TCP sockets: queues of listeners, both retry counters of requests'
            cand arp 'The ARP and ND tables, marked'
            cand route 'Routing rules and the routes of all tables, or the kernel''s answer for one peer'
            cand interfaces 'Devices, addresses with the prefixes they claim, settings in force'
            cand trace 'The way that packets take to a peer, hop by hop (sends packets)'
            cand collect 'Save what `diagnose` would look at in one file, to be diagnosed elsewhere'
            cand ask 'What somebody who has the host should run and send: the shortest list that decides'
            cand demo 'Diagnose a recorded incident, built in; needs no rights and looks at nothing'
            cand explain 'The manual of a finding, or the list of findings'
            cand checks 'All checks and what each needs'
            cand schema 'The JSON Schema of an output'
            cand completions 'A script that completes the command line in a shell'
            cand man 'The manual page, in roff'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'synrecv-doctor;diagnose'= {
            cand --observe 'Watch for this long (5s, 1m; 0 = one look)'
            cand --capture 'Look at the frames of handshakes while watching (auto = where it is permitted)'
            cand --netns 'Look into another network namespace: a name of `ip netns`, a path, or a process id'
            cand --peer 'Only connections from this address or prefix'
            cand --port 'Only connections to this local port'
            cand --redact 'Write pseudonyms in place of addresses, link-layer addresses and names of hosts; strict: also of processes, devices and chains. The diagnosis stays the same, or nothing is written. Who knows some of the addresses can still tell prefixes of others'
            cand --redact-key 'File with the key of pseudonyms, made where there is none; what was written with one key has the same pseudonyms. none = a key that is not kept [default: $XDG_STATE_HOME/synrecv-doctor/redact.key]'
            cand --format 'Format of standard output'
            cand --output 'Also write the report to a file; the suffix (.txt, .md, .json) gives the format; repeatable'
            cand --fail-on 'Least severity that makes the exit status 1'
            cand --color 'When to colour'
            cand --width 'Columns of text output (default: the terminal''s, or 100)'
            cand --explain-parse 'Print each line of a text with what was taken from it, and judge nothing'
            cand --probe 'Ask the network what decides between the causes that are left: sends packets, and says before how many at most (this host only)'
            cand --load-modules 'Allow reading that makes the kernel load a module (sock_diag)'
            cand --keep-oui 'Leave the vendor''s number in link-layer addresses'
            cand -q 'Only the verdict line'
            cand --quiet 'Only the verdict line'
            cand -v 'More: all rows, passed checks, commands to re-check the evidence'
            cand --verbose 'More: all rows, passed checks, commands to re-check the evidence'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'synrecv-doctor;sockets'= {
            cand --state 'Only these states, as ss or netstat writes them; repeatable (default: listen, syn-recv)'
            cand --port 'Only sockets with this local port'
            cand --source 'Where to read: sock_diag or /proc/net/tcp and nothing else, or both, joined row by row, with the processes and options of listeners'
            cand --observe 'Watch for this long (5s, 1m), and show what changed; Ctrl-C ends it'
            cand --format 'Format of standard output'
            cand --netns 'Look into another network namespace: a name of `ip netns`, a path, or a process id'
            cand --color 'When to colour'
            cand --width 'Columns of text output (default: the terminal''s, or 100)'
            cand --all 'Every state'
            cand --load-modules 'Allow reading that makes the kernel load a module (sock_diag)'
            cand -v 'More: every row, also those that are grouped or hidden'
            cand --verbose 'More: every row, also those that are grouped or hidden'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'synrecv-doctor;arp'= {
            cand --probe 'Ask the network who answers for these addresses, and list every answer: sends ARP questions and neighbour solicitations, three for each address at most, and two addresses that nobody should own beside them'
            cand --format 'Format of standard output'
            cand --netns 'Look into another network namespace: a name of `ip netns`, a path, or a process id'
            cand --color 'When to colour'
            cand --width 'Columns of text output (default: the terminal''s, or 100)'
            cand --own-mac 'Ask with the MAC of the device rather than a made-up one, where the network filters those, or where a switch shuts ports on which a second MAC shows (port security); the kernel takes the answers too, and its entries can change'
            cand --load-modules 'Allow reading that makes the kernel load a module (sock_diag)'
            cand -v 'More: every row, also those that are grouped or hidden'
            cand --verbose 'More: every row, also those that are grouped or hidden'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'synrecv-doctor;route'= {
            cand --format 'Format of standard output'
            cand --netns 'Look into another network namespace: a name of `ip netns`, a path, or a process id'
            cand --color 'When to colour'
            cand --width 'Columns of text output (default: the terminal''s, or 100)'
            cand --all 'Also the table `local`, broadcast and multicast (JSON always has them)'
            cand --load-modules 'Allow reading that makes the kernel load a module (sock_diag)'
            cand -v 'More: every row, also those that are grouped or hidden'
            cand --verbose 'More: every row, also those that are grouped or hidden'
            cand -h 'Print help'
            cand --help 'Print help'
            cand get 'Ask the kernel which way packets to a peer leave, and say why'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'synrecv-doctor;route;get'= {
            cand --from 'Source address (default: the one that the kernel chooses)'
            cand --port 'Local TCP port, for rules that look at ports or protocol'
            cand --mark 'Mark of the packet, as the listener''s SO_MARK sets it (decimal or 0x..)'
            cand --uid 'User that owns the socket (default: the caller)'
            cand --format 'Format of standard output'
            cand --netns 'Look into another network namespace: a name of `ip netns`, a path, or a process id'
            cand --color 'When to colour'
            cand --width 'Columns of text output (default: the terminal''s, or 100)'
            cand --load-modules 'Allow reading that makes the kernel load a module (sock_diag)'
            cand -v 'More: every row, also those that are grouped or hidden'
            cand --verbose 'More: every row, also those that are grouped or hidden'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'synrecv-doctor;route;help'= {
            cand get 'Ask the kernel which way packets to a peer leave, and say why'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'synrecv-doctor;route;help;get'= {
        }
        &'synrecv-doctor;route;help;help'= {
        }
        &'synrecv-doctor;interfaces'= {
            cand --format 'Format of standard output'
            cand --netns 'Look into another network namespace: a name of `ip netns`, a path, or a process id'
            cand --color 'When to colour'
            cand --width 'Columns of text output (default: the terminal''s, or 100)'
            cand --load-modules 'Allow reading that makes the kernel load a module (sock_diag)'
            cand -v 'More: every row, also those that are grouped or hidden'
            cand --verbose 'More: every row, also those that are grouped or hidden'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'synrecv-doctor;trace'= {
            cand --from 'Source address, such as the local end of a stuck connection (default: the kernel chooses)'
            cand --method 'What is sent'
            cand --port 'Port of the peer (default: 33434 for udp, 80 for tcp)'
            cand --format 'Format of standard output'
            cand --netns 'Look into another network namespace: a name of `ip netns`, a path, or a process id'
            cand --color 'When to colour'
            cand --width 'Columns of text output (default: the terminal''s, or 100)'
            cand --load-modules 'Allow reading that makes the kernel load a module (sock_diag)'
            cand -v 'More: every row, also those that are grouped or hidden'
            cand --verbose 'More: every row, also those that are grouped or hidden'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'synrecv-doctor;collect'= {
            cand -o 'The bundle to write; a file of this name is replaced'
            cand --output 'The bundle to write; a file of this name is replaced'
            cand --observe 'Watch for this long (5s, 1m; 0 = one look)'
            cand --capture 'Look at the frames of handshakes while watching (auto = where it is permitted)'
            cand --netns 'Look into another network namespace: a name of `ip netns`, a path, or a process id'
            cand --peer 'Only connections from this address or prefix'
            cand --port 'Only connections to this local port'
            cand --redact 'Write pseudonyms in place of addresses, link-layer addresses and names of hosts; strict: also of processes, devices and chains. The diagnosis stays the same, or nothing is written. Who knows some of the addresses can still tell prefixes of others'
            cand --redact-key 'File with the key of pseudonyms, made where there is none; what was written with one key has the same pseudonyms. none = a key that is not kept [default: $XDG_STATE_HOME/synrecv-doctor/redact.key]'
            cand --load-modules 'Allow reading that makes the kernel load a module (sock_diag)'
            cand --keep-oui 'Leave the vendor''s number in link-layer addresses'
            cand -q 'No progress and no summary on standard error'
            cand --quiet 'No progress and no summary on standard error'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'synrecv-doctor;ask'= {
            cand --format 'A list with reasons, or a shell script whose output is imported with certainty'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'synrecv-doctor;demo'= {
            cand --observe 'Taken as `diagnose` takes it; the recording has its own length'
            cand --format 'Format of standard output'
            cand --output 'Also write the report to a file; the suffix (.txt, .md, .json) gives the format; repeatable'
            cand --fail-on 'Least severity that makes the exit status 1'
            cand --color 'When to colour'
            cand --width 'Columns of text output (default: the terminal''s, or 100)'
            cand -q 'Only the verdict line'
            cand --quiet 'Only the verdict line'
            cand -v 'More: all rows, passed checks, commands to re-check the evidence'
            cand --verbose 'More: all rows, passed checks, commands to re-check the evidence'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'synrecv-doctor;explain'= {
            cand --color 'When to colour'
            cand --width 'Columns of text output (default: the terminal''s, or 100)'
            cand -q 'Only the verdict line'
            cand --quiet 'Only the verdict line'
            cand -v 'More: all rows, passed checks, commands to re-check the evidence'
            cand --verbose 'More: all rows, passed checks, commands to re-check the evidence'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'synrecv-doctor;checks'= {
            cand --color 'When to colour'
            cand --width 'Columns of text output (default: the terminal''s, or 100)'
            cand -q 'Only the verdict line'
            cand --quiet 'Only the verdict line'
            cand -v 'More: all rows, passed checks, commands to re-check the evidence'
            cand --verbose 'More: all rows, passed checks, commands to re-check the evidence'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'synrecv-doctor;schema'= {
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'synrecv-doctor;completions'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'synrecv-doctor;man'= {
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'synrecv-doctor;help'= {
            cand diagnose 'Find out why connections are stuck (the default command)'
            cand sockets 'TCP sockets: queues of listeners, both retry counters of requests'
            cand arp 'The ARP and ND tables, marked'
            cand route 'Routing rules and the routes of all tables, or the kernel''s answer for one peer'
            cand interfaces 'Devices, addresses with the prefixes they claim, settings in force'
            cand trace 'The way that packets take to a peer, hop by hop (sends packets)'
            cand collect 'Save what `diagnose` would look at in one file, to be diagnosed elsewhere'
            cand ask 'What somebody who has the host should run and send: the shortest list that decides'
            cand demo 'Diagnose a recorded incident, built in; needs no rights and looks at nothing'
            cand explain 'The manual of a finding, or the list of findings'
            cand checks 'All checks and what each needs'
            cand schema 'The JSON Schema of an output'
            cand completions 'A script that completes the command line in a shell'
            cand man 'The manual page, in roff'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'synrecv-doctor;help;diagnose'= {
        }
        &'synrecv-doctor;help;sockets'= {
        }
        &'synrecv-doctor;help;arp'= {
        }
        &'synrecv-doctor;help;route'= {
            cand get 'Ask the kernel which way packets to a peer leave, and say why'
        }
        &'synrecv-doctor;help;route;get'= {
        }
        &'synrecv-doctor;help;interfaces'= {
        }
        &'synrecv-doctor;help;trace'= {
        }
        &'synrecv-doctor;help;collect'= {
        }
        &'synrecv-doctor;help;ask'= {
        }
        &'synrecv-doctor;help;demo'= {
        }
        &'synrecv-doctor;help;explain'= {
        }
        &'synrecv-doctor;help;checks'= {
        }
        &'synrecv-doctor;help;schema'= {
        }
        &'synrecv-doctor;help;completions'= {
        }
        &'synrecv-doctor;help;man'= {
        }
        &'synrecv-doctor;help;help'= {
        }
    ]
    $completions[$command]
}
