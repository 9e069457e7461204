using System.Buffers.Text;
using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Client;

/// <summary>A watch under way: where it is, and whom it asks.</summary>
/// <param name="prefix">UTF-8.</param>
/// <param name="overlay">What the client knows: the watch tells nothing older.</param>
/// <param name="wait">How long a server may wait for a change before it answers.</param>
internal sealed class Watch(byte[] prefix, SessionOverlay overlay, TimeSpan wait)
{
    private byte[]? _position;
    private bool _isFromNow;
    private bool _isCurrent;
    private (ServerLink Link, int Grain)? _asked;

    /// <summary>Where it begins.</summary>
    /// <exception cref="CmudException">It is no position.</exception>
    public void Begin(string? from)
    {
        _isFromNow = from == WatchEvent.Now;
        if (from is null || _isFromNow) return;

        try
        {
            _position = Base64Url.DecodeFromChars(from);
        }
        catch (FormatException e)
        {
            throw new CmudException(CmudFailure.Refused, $"The watch is to go on from '{Shown(from)}', but that is no position that a watch gave; leave it out to begin with all that there is.", e);
        }
    }

    /// <summary>Asks what is new: the query grain that was asked last, as long as it answers, for it remembers best; else the one that the router names.</summary>
    public async ValueTask<WatchReply> AskAsync(ServerLink link, int grain, CallClock clock, CancellationToken cancellationToken)
    {
        if (_asked is not { Link.View.Reachable: true }) _asked = (link, grain);
        // Who begins with the present gets its position at once: on the way there nothing may be missed.
        var request = new WatchRequest(prefix, _position, _isFromNow, Limit: 0, _isFromNow && _position is null ? TimeSpan.Zero : wait);
        try
        {
            return await _asked.Value.Link.AskAsync(_asked.Value.Grain, request, static (asked, request) => asked.Watch(request), clock, isRead: true, cancellationToken).ConfigureAwait(false);
        }
        catch (LinkException)
        {
            _asked = null;
            throw;
        }
    }

    /// <summary>The events of an answer. Only the last of them has the position that the answer gave: who stops before it is told the others again.</summary>
    public IReadOnlyList<WatchEvent> Take(WatchReply reply)
    {
        var before = Text(_position);
        var events = new List<WatchEvent>(reply.Items.Length + 2);
        if (reply.IsReset)
        {
            events.Add(new(WatchEventKind.Reset, "", null, before));
            _isCurrent = false;
        }

        foreach (var item in reply.Items)
        {
            if (item.Stamp is { } stamp && !overlay.Heard(item.Key, item.Value, stamp, item.TimeLeft)) continue;

            var (key, value) = (Door.Decode(item.Key), item.Value is null ? null : Door.Decode(item.Value));
            events.Add(new(value is null ? WatchEventKind.Delete : WatchEventKind.Put, key, value, before) { Stamp = item.Stamp, TimeLeft = item.TimeLeft });
        }

        if (reply.IsCurrent && !_isCurrent) events.Add(new(WatchEventKind.Current, "", null, before));
        _isCurrent |= reply.IsCurrent;
        _position = reply.Position;
        if (events.Count > 0) events[^1] = events[^1] with { Position = Text(_position) };
        return events;
    }

    private static string? Text(byte[]? position) => position is null ? null : Base64Url.EncodeToString(position);

    private static string Shown(string text) => text.Length <= 40 ? text : $"{text[..40]}...";
}
