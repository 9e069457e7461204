using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Cmud.App.Serve;

/// <summary>Who may come in: counts the sessions, in all and of each address.</summary>
internal sealed class Lobby(ServeOptions options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _perAddress = [];
    private int _sessions;
    private int _players;

    /// <summary>Sessions in which somebody plays: who has not given a name is none.</summary>
    public int Players => Volatile.Read(ref _players);

    /// <summary>Sessions, with or without a name.</summary>
    public int Sessions
    {
        get
        {
            lock (_lock) return _sessions;
        }
    }

    /// <summary>Takes a seat for a session, or gives the sentence why there is none.</summary>
    public Seat? TryEnter(IPAddress? from, out string refusal)
    {
        var address = Counted(from ?? IPAddress.None);
        lock (_lock)
        {
            var own = _perAddress.GetValueOrDefault(address);
            refusal = _sessions >= options.Sessions ? string.Create(CultureInfo.InvariantCulture, $"All {options.Sessions} seats here are taken; try again in a few minutes.")
                : own >= options.PerAddress ? string.Create(CultureInfo.InvariantCulture, $"{own} sessions come from your address already, and {options.PerAddress} are the most; leave one of them, or ask who hosts this game.")
                : "";
            if (refusal.Length > 0) return null;

            _sessions++;
            _perAddress[address] = own + 1;
            return new(this, address);
        }
    }

    /// <summary>The address that counts: of IPv6 its network, in which one machine may have as many addresses as it likes.</summary>
    private static IPAddress Counted(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();

        const int network = 8;
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? new([.. address.GetAddressBytes()[..network], .. new byte[network]]) : address;
    }

    private void Leave(IPAddress address)
    {
        lock (_lock)
        {
            _sessions--;
            if (--_perAddress[address] == 0) _perAddress.Remove(address);
        }
    }

    /// <summary>The right to one session, given back when it is over.</summary>
    internal sealed class Seat(Lobby lobby, IPAddress address) : IDisposable
    {
        private bool _isPlaying;
        private bool _isFree;

        /// <summary>Whether the one who sits here has given a name.</summary>
        public bool IsPlaying
        {
            get => _isPlaying;
            set
            {
                if (value == _isPlaying) return;

                _isPlaying = value;
                Interlocked.Add(ref lobby._players, value ? 1 : -1);
            }
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            if (_isFree) return;

            _isFree = true;
            IsPlaying = false;
            lobby.Leave(address);
        }
    }
}
