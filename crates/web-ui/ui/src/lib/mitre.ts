// Names for the ATT&CK tags in rules (`mitre_execution`, `T1059.004`, `TA0003`). A tag that is not
// in the table is shown as it is; nothing is corrected silently.

const TACTICS: Record<string, string> = {
  reconnaissance: 'Reconnaissance', resource_development: 'Resource Development',
  initial_access: 'Initial Access', execution: 'Execution', persistence: 'Persistence',
  privilege_escalation: 'Privilege Escalation', defense_evasion: 'Defense Evasion',
  // ATT&CK v19 split Defense Evasion into these two; rules may say either.
  stealth: 'Stealth', defense_impairment: 'Defense Impairment',
  credential_access: 'Credential Access', discovery: 'Discovery', lateral_movement: 'Lateral Movement',
  collection: 'Collection', command_and_control: 'Command and Control', exfiltration: 'Exfiltration',
  impact: 'Impact',
};

const TACTIC_IDS: Record<string, string> = {
  TA0043: 'Reconnaissance', TA0042: 'Resource Development', TA0001: 'Initial Access', TA0002: 'Execution',
  TA0003: 'Persistence', TA0004: 'Privilege Escalation', TA0005: 'Defense Evasion', TA0006: 'Credential Access',
  TA0007: 'Discovery', TA0008: 'Lateral Movement', TA0009: 'Collection', TA0011: 'Command and Control',
  TA0010: 'Exfiltration', TA0040: 'Impact',
};

const TECHNIQUES: Record<string, string> = {
  T1003: 'OS Credential Dumping', 'T1003.008': '/etc/passwd and /etc/shadow', T1005: 'Data from Local System',
  T1007: 'System Service Discovery', T1014: 'Rootkit', T1016: 'System Network Configuration Discovery',
  T1018: 'Remote System Discovery', T1021: 'Remote Services', 'T1021.004': 'SSH', T1020: 'Automated Exfiltration',
  T1027: 'Obfuscated Files or Information', T1033: 'System Owner/User Discovery', T1036: 'Masquerading',
  'T1036.005': 'Match Legitimate Name or Location', T1037: 'Boot or Logon Initialization Scripts',
  T1040: 'Network Sniffing', T1041: 'Exfiltration Over C2 Channel', T1046: 'Network Service Discovery',
  T1048: 'Exfiltration Over Alternative Protocol', T1049: 'System Network Connections Discovery',
  T1053: 'Scheduled Task/Job', 'T1053.003': 'Cron', 'T1053.006': 'Systemd Timers', T1055: 'Process Injection',
  'T1055.008': 'Ptrace System Calls', 'T1055.009': 'Proc Memory', T1056: 'Input Capture', T1057: 'Process Discovery',
  T1059: 'Command and Scripting Interpreter', 'T1059.004': 'Unix Shell', 'T1059.006': 'Python',
  T1068: 'Exploitation for Privilege Escalation', T1069: 'Permission Groups Discovery',
  T1070: 'Indicator Removal', 'T1070.002': 'Clear Linux or Mac System Logs', 'T1070.003': 'Clear Command History',
  'T1070.004': 'File Deletion', 'T1070.006': 'Timestomp', T1071: 'Application Layer Protocol', T1074: 'Data Staged',
  T1078: 'Valid Accounts', T1082: 'System Information Discovery', T1083: 'File and Directory Discovery',
  T1087: 'Account Discovery', T1090: 'Proxy', T1095: 'Non-Application Layer Protocol', T1098: 'Account Manipulation',
  'T1098.004': 'SSH Authorized Keys', T1102: 'Web Service', T1104: 'Multi-Stage Channels',
  T1105: 'Ingress Tool Transfer', T1110: 'Brute Force', T1113: 'Screen Capture', T1132: 'Data Encoding',
  T1133: 'External Remote Services', T1136: 'Create Account', T1140: 'Deobfuscate/Decode Files or Information',
  T1190: 'Exploit Public-Facing Application', T1195: 'Supply Chain Compromise', T1204: 'User Execution',
  T1210: 'Exploitation of Remote Services', T1212: 'Exploitation for Credential Access',
  T1219: 'Remote Access Tools', T1222: 'File and Directory Permissions Modification',
  'T1222.002': 'Linux and Mac Permissions Modification', T1485: 'Data Destruction', T1486: 'Data Encrypted for Impact',
  T1489: 'Service Stop', T1496: 'Resource Hijacking', T1497: 'Virtualization/Sandbox Evasion', T1498: 'Network Denial of Service',
  T1499: 'Endpoint Denial of Service', T1505: 'Server Software Component', 'T1505.003': 'Web Shell',
  T1518: 'Software Discovery', T1525: 'Implant Internal Image', T1528: 'Steal Application Access Token',
  T1529: 'System Shutdown/Reboot', T1531: 'Account Access Removal', T1539: 'Steal Web Session Cookie',
  T1542: 'Pre-OS Boot', T1543: 'Create or Modify System Process', 'T1543.002': 'Systemd Service',
  T1546: 'Event Triggered Execution', 'T1546.004': 'Unix Shell Configuration Modification',
  T1547: 'Boot or Logon Autostart Execution', 'T1547.006': 'Kernel Modules and Extensions',
  T1548: 'Abuse Elevation Control Mechanism', 'T1548.001': 'Setuid and Setgid', 'T1548.003': 'Sudo and Sudo Caching',
  T1550: 'Use Alternate Authentication Material', T1552: 'Unsecured Credentials',
  'T1552.001': 'Credentials In Files', 'T1552.003': 'Shell History', 'T1552.004': 'Private Keys', 'T1552.005': 'Cloud Instance Metadata API',
  T1553: 'Subvert Trust Controls', T1555: 'Credentials from Password Stores', T1556: 'Modify Authentication Process',
  'T1556.003': 'Pluggable Authentication Modules', T1560: 'Archive Collected Data', T1562: 'Impair Defenses', 'T1562.001': 'Disable or Modify Tools',
  'T1562.004': 'Disable or Modify System Firewall', T1564: 'Hide Artifacts', 'T1564.001': 'Hidden Files and Directories',
  T1565: 'Data Manipulation', T1567: 'Exfiltration Over Web Service', T1569: 'System Services', T1570: 'Lateral Tool Transfer', T1571: 'Non-Standard Port',
  T1572: 'Protocol Tunneling', T1574: 'Hijack Execution Flow', 'T1574.006': 'Dynamic Linker Hijacking',
  T1595: 'Active Scanning', T1601: 'Modify System Image', T1609: 'Container Administration Command',
  T1610: 'Deploy Container', T1611: 'Escape to Host', T1612: 'Build Image on Host', T1613: 'Container and Resource Discovery',
  T1614: 'System Location Discovery', T1620: 'Reflective Code Loading',
};

export type TagKind = 'tactic' | 'technique' | 'other';

export function tagKind(tag: string): TagKind {
  if (tag.startsWith('mitre_') || /^TA\d{4}$/.test(tag)) return 'tactic';
  return /^T\d{4}(\.\d{3})?$/.test(tag) ? 'technique' : 'other';
}

/** `Execution`, `Unix Shell`; null where the table has no name. */
export function tagName(tag: string): string | null {
  if (tag.startsWith('mitre_')) return TACTICS[tag.slice(6)] ?? null;
  if (Object.hasOwn(TACTIC_IDS, tag)) return TACTIC_IDS[tag] ?? null;
  if (Object.hasOwn(TECHNIQUES, tag)) return TECHNIQUES[tag] ?? null;
  const parent = tag.split('.')[0] ?? '';
  return tagKind(tag) === 'technique' && Object.hasOwn(TECHNIQUES, parent) ? (TECHNIQUES[parent] ?? null) : null;
}
