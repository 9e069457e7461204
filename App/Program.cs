using Cmud.App;
using Cmud.App.Play;
using Cmud.Client;

using var streams = Streams.OfProcess();
var host = new PlayHost(streams, Surroundings.OfProcess(), TimeProvider.System, static (screen, _, _) => new ComingSoon(screen));
return await new CommandTree(streams, async (options, cancellationToken) => await CmudClient.ConnectAsync(options, cancellationToken), host.RunAsync).RunAsync(args);
